namespace MicroGpt;

/// <summary>Documents as tokens, one after the other, each cut to the context. All of them suit the model.</summary>
sealed class TokenBatch
{
    readonly int longest;
    readonly int[] tokens, starts, lengths;
    int end;

    /// <summary>Room for so many documents.</summary>
    /// <exception cref="ArgumentException">Their tokens would not fit an array.</exception>
    public TokenBatch(GptConfig config, int documents)
    {
        (Config, longest) = (config, config.BlockSize + 1);
        tokens = (long)documents * longest <= Array.MaxLength ? new int[documents * longest]
            : throw new ArgumentException($"the tokens of {documents} documents do not fit an array; lower BatchSize");
        (starts, lengths) = (new int[documents], new int[documents]);
    }

    /// <summary>The shape of the models that can read the batch.</summary>
    public GptConfig Config { get; }

    public int Count { get; private set; }

    /// <summary>How many documents there is room for.</summary>
    public int Capacity => lengths.Length;

    /// <summary>The tokens of one document.</summary>
    public ReadOnlySpan<int> this[int document] => tokens.AsSpan(starts[document], lengths[document]);

    /// <summary>All documents' tokens, each BOS, its characters, BOS, or as many as the model reads.</summary>
    public ReadOnlySpan<int> Tokens => tokens.AsSpan(0, end);

    /// <summary>How many tokens each document has, from 2 to blockSize + 1.</summary>
    public ReadOnlySpan<int> Lengths => lengths.AsSpan(0, Count);

    public void Clear() => (Count, end) = (0, 0);

    /// <summary>Encodes a document, as far as the model reads it.</summary>
    /// <exception cref="ArgumentException">That part has a character the tokenizer does not know.</exception>
    public void Add(string document, Tokenizer tokenizer) =>
        Append(tokenizer.Encode(document, tokens.AsSpan(end, longest)));

    /// <summary>Adds a document, as far as the model reads it.</summary>
    /// <exception cref="ArgumentException">
    /// There are fewer than two tokens, or one of those read is not in the vocabulary.
    /// </exception>
    public void Add(ReadOnlySpan<int> document)
    {
        document = document[..Math.Min(longest, document.Length)];
        document.CopyTo(tokens.AsSpan(end));
        Append(document.Length);
    }

    // Takes what was written at the end for a document.
    void Append(int length)
    {
        if (length < 2)
        {
            throw new ArgumentException("a document has at least two tokens: BOS and BOS");
        }
        foreach (var token in tokens.AsSpan(end, length))
        {
            if ((uint)token >= (uint)Config.VocabSize)
            {
                throw new ArgumentException($"token {token} in a vocabulary of {Config.VocabSize}");
            }
        }
        (starts[Count], lengths[Count]) = (end, length);
        (Count, end) = (Count + 1, end + length);
    }
}
