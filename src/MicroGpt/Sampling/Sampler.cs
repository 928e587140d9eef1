namespace MicroGpt;

/// <summary>Draws documents from a model, token by token.</summary>
internal sealed class Sampler
{
    readonly int bos, minLength, maxLength;
    readonly int[] prompt; // BOS and the prompt's characters
    readonly int[] seen;   // the same, as far as the context reaches
    readonly double inverseTemperature;
    readonly double[] probabilities; // [vocabSize]
    readonly int keepCount;
    readonly double keepPart;
    readonly int[] ranking; // [vocabSize], the most likely token first
    readonly Comparison<int> likelier;
    readonly bool hasEnd;
    readonly SlidingDecoder decoder;
    readonly PythonRandom random;

    public Sampler(Gpt gpt, SamplingOptions options, PythonRandom random)
    {
        var config = gpt.Config;
        bos = gpt.Tokenizer.Bos;
        prompt = gpt.Tokenizer.Encode(options.Prompt)[..^1];
        maxLength = options.MaxLength ?? config.BlockSize;
        minLength = options.MinLength;
        hasEnd = gpt.HasEnd || maxLength <= config.BlockSize;
        if (minLength > maxLength)
        {
            throw new ArgumentException($"MinLength {minLength} is more than the maximum, {maxLength}");
        }
        if (prompt.Length > maxLength)
        {
            throw new ArgumentException(
                $"the prompt has {prompt.Length - 1} characters, which leaves none to draw: the maximum is {maxLength}");
        }
        if (options.Whole && !gpt.HasEnd)
        {
            throw new ArgumentException("Whole: the model writes running text, which has no end");
        }
        inverseTemperature = Libm.Pow(options.Temperature, -1);
        probabilities = new double[config.VocabSize];
        (keepCount, keepPart) = (options.TopK ?? config.VocabSize, options.TopP ?? 1);
        ranking = [.. Enumerable.Range(0, config.VocabSize)];
        likelier = (a, b) => (probabilities[b], a).CompareTo((probabilities[a], b));
        var stride = SlidingDecoder.HalfOf(config);
        decoder = new(new(gpt.Parameters), bos, stride);
        seen = prompt.Length <= config.BlockSize ? prompt : [bos, .. prompt[^(config.BlockSize - stride)..]];
        this.random = random;
    }

    /// <summary>The maximum number of characters: a document that has so many was cut there.</summary>
    public int MaxLength => maxLength;

    /// <summary>Draws a document's tokens after the prompt, up to BOS or the maximum length.</summary>
    public IEnumerable<int> Draw()
    {
        decoder.Reset();
        foreach (var token in seen.AsSpan(..^1))
        {
            decoder.Next(token);
        }
        var last = seen[^1];
        for (var length = prompt.Length - 1; length < maxLength; length++)
        {
            last = DrawAfter(last, mayEnd: hasEnd && length >= minLength);
            if (last == bos)
            {
                yield break;
            }
            yield return last;
        }
    }

    int DrawAfter(int token, bool mayEnd)
    {
        var logits = decoder.Next(token);
        for (var i = 0; i < logits.Length; i++)
        {
            probabilities[i] = logits[i] * inverseTemperature;
        }
        if (!mayEnd)
        {
            probabilities[bos] = double.NegativeInfinity;
        }
        Softmax.Apply(probabilities, probabilities);
        if (double.IsNaN(probabilities[0]))
        {
            throw new InvalidOperationException(
                "the model's parameters are too large: its probabilities are not numbers");
        }
        if (keepCount < probabilities.Length || keepPart < 1)
        {
            KeepLikeliest();
        }
        return random.Choice(probabilities);
    }

    // Tokens that are cut get probability 0; the others are drawn in proportion to theirs.
    void KeepLikeliest()
    {
        ranking.AsSpan().Sort(likelier);
        var kept = Math.Min(keepCount, ranking.Length);
        double total = 0;
        for (var i = 0; i < kept; i++)
        {
            total += probabilities[ranking[i]];
        }
        double part = 0;
        for (var i = 0; i < ranking.Length; i++)
        {
            if (i >= kept || (i > 0 && part >= keepPart * total)) // the most likely token always stays
            {
                probabilities[ranking[i]] = 0;
            }
            part += probabilities[ranking[i]];
        }
    }
}
