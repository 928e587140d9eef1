using System.Text;

namespace MicroGpt;

/// <summary>The probability predicted for a character.</summary>
/// <param name="Character">The character; null is the end of the document.</param>
/// <param name="Probability">From 0 to 1, given all characters before.</param>
public readonly record struct Prediction(Rune? Character, double Probability);

/// <summary>How likely a document is under a model.</summary>
/// <param name="Predictions">
/// One for each character and one for the end of the document, as far as they were scored. Their product is the
/// probability of the document.
/// </param>
/// <param name="IsTruncated">The document is longer than the model can see, so its end was not scored.</param>
public sealed record Score(IReadOnlyList<Prediction> Predictions, bool IsTruncated)
{
    /// <summary>-log of the document's probability, in nats: the sum of -log p over <see cref="Predictions"/>.</summary>
    public double NegativeLogLikelihood { get; } = Predictions.Sum(prediction => -Libm.Log(prediction.Probability));

    /// <summary>Nats per prediction, bit for bit the loss of a training step.</summary>
    public double Loss => 1.0 / Predictions.Count * NegativeLogLikelihood;

    /// <summary>Bits per character, counting the end of the document as one: loss / log 2.</summary>
    public double BitsPerCharacter => Loss / Libm.Log(2);

    /// <summary>exp(loss): the number of equally likely characters that would be as hard to predict.</summary>
    public double Perplexity => Libm.Exp(Loss);

    internal static Score Of(string text, Gpt gpt, Decoder decoder, int? stride)
    {
        var tokenizer = gpt.Tokenizer;
        var tokens = tokenizer.Encode(text);
        var last = tokens.Length - (stride == null || gpt.HasEnd ? 1 : 2);
        var n = stride == null ? Math.Min(gpt.Config.BlockSize, last) : last;
        var sliding = new SlidingDecoder(decoder, tokenizer.Bos, stride ?? gpt.Config.BlockSize);
        var predictions = new Prediction[n];
        var probabilities = new double[tokenizer.VocabSize];
        for (var i = 0; i < n; i++)
        {
            Softmax.Apply(sliding.Next(tokens[i]), probabilities);
            var next = tokens[i + 1];
            predictions[i] = new(next == tokenizer.Bos ? null : tokenizer.Decode(next), probabilities[next]);
            if (!(probabilities[next] > 0))
            {
                throw new InvalidOperationException(
                    "the model's parameters are too large: the probability of a character is not a number above 0");
            }
        }
        return new(predictions, n < last);
    }
}

/// <summary>How well a model predicts a set of documents.</summary>
/// <param name="Documents">The number of documents.</param>
/// <param name="TruncatedDocuments">The number of documents that exceed the context.</param>
/// <param name="Predictions">Characters scored, including the ends of documents.</param>
/// <param name="NegativeLogLikelihood">Sum of -log p over all predictions, in nats.</param>
public sealed record Evaluation(int Documents, int TruncatedDocuments, long Predictions, double NegativeLogLikelihood)
{
    /// <summary>Nats per prediction.</summary>
    public double Loss => NegativeLogLikelihood / Predictions;

    /// <summary>Bits per character, counting the end of a document as one: loss / log 2.</summary>
    public double BitsPerCharacter => Loss / Libm.Log(2);

    /// <summary>exp(loss): the number of equally likely characters that would be as hard to predict.</summary>
    public double Perplexity => Libm.Exp(Loss);

    /// <summary>Evaluates documents on an engine, a batch at a time.</summary>
    /// <param name="documents">At least one.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="tokenizer">The engine's vocabulary.</param>
    /// <param name="batch">Work space.</param>
    /// <param name="cancellation">Checked before each batch.</param>
    /// <param name="windows">How to see all of a long document; null: only its beginning counts, as in training.</param>
    internal static Evaluation Of(
        IEnumerable<string> documents, Engine engine, Tokenizer tokenizer, TokenBatch batch,
        CancellationToken cancellation, SlidingWindows? windows = null)
    {
        ArgumentNullException.ThrowIfNull(documents);
        var (count, truncated, predictions, sum) = (0, 0, 0L, 0.0);
        var sums = new double[batch.Capacity];
        foreach (var some in documents.SelectMany(Parts).Chunk(batch.Capacity))
        {
            cancellation.ThrowIfCancellationRequested();
            batch.Clear();
            foreach (var (tokens, _) in some)
            {
                batch.Add(tokens.Span);
            }
            engine.NegativeLogLikelihoods(batch, sums);
            foreach (var (i, (_, sign)) in some.Index())
            {
                (predictions, sum) = (predictions + sign * (batch.Lengths[i] - 1), sum + sign * sums[i]);
            }
            if (!double.IsFinite(sum))
            {
                throw new InvalidOperationException(
                    "the model's parameters are too large: the probability of a character is not a number above 0");
            }
        }
        return predictions > 0 ? new(count, truncated, predictions, sum)
            : throw new ArgumentException("no documents to evaluate", nameof(documents));

        IEnumerable<(ReadOnlyMemory<int> Tokens, int Sign)> Parts(string document)
        {
            var tokens = tokenizer.Encode(document); // all of it: unknown characters are refused past the context too
            count++;
            truncated += windows == null && tokens.Length > batch.Config.BlockSize + 1 ? 1 : 0;
            return windows?.Of(tokens) ?? [(tokens, 1)];
        }
    }
}
