namespace MicroGpt;

/// <summary>
/// The loss of a document and its gradient in float64, without a graph, yet with every bit that the graph of microgpt.cs
/// gives: for every number the same operations in the same order. docs/exactness.md says why, and how to check it.
/// One thread at a time.
/// </summary>
public sealed class ExactEngine
{
    readonly GptConfig config;
    readonly ExactPasses passes;

    /// <summary>
    /// An engine for these parameters, which it reads as they are at each call; it takes all its memory here.
    /// </summary>
    public ExactEngine(Parameters parameters) : this(parameters, VectorWidth.Width)
    {
    }

    internal ExactEngine(Parameters parameters, int width)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        config = parameters.Config;
        passes = width switch
        {
            8 => new ExactPasses<ExactLanes8>(parameters),
            4 => new ExactPasses<ExactLanes4>(parameters),
            _ => new ExactPasses<ExactLanes1>(parameters),
        };
    }

    /// <summary>The mean over positions of -log p(next token), in nats; at most blockSize positions are read.</summary>
    /// <param name="tokens">A document: BOS, its characters, BOS.</param>
    /// <exception cref="ArgumentException">There are fewer than two tokens, or one is not in the vocabulary.</exception>
    public double Loss(ReadOnlySpan<int> tokens) => passes.Forward(Read(tokens));

    /// <summary>The loss, and its derivative by every parameter.</summary>
    /// <param name="tokens">A document: BOS, its characters, BOS.</param>
    /// <param name="gradient">
    /// Overwritten with the derivatives, [ParameterCount], laid out as the parameters; 0 where the document does not
    /// reach.
    /// </param>
    /// <exception cref="ArgumentException">
    /// There are fewer than two tokens, or one is not in the vocabulary; or the gradient has another length.
    /// </exception>
    public double Backward(ReadOnlySpan<int> tokens, Span<double> gradient)
    {
        if (gradient.Length != config.ParameterCount)
        {
            throw new ArgumentException(
                $"{gradient.Length} numbers for {config.ParameterCount} gradients", nameof(gradient));
        }
        var read = Read(tokens);
        var loss = passes.Forward(read);
        passes.Backward(read, gradient);
        return loss;
    }

    // What fits the context, with the token that comes after it.
    ReadOnlySpan<int> Read(ReadOnlySpan<int> tokens)
    {
        if (tokens.Length < 2)
        {
            throw new ArgumentException("a document has at least two tokens: BOS and BOS", nameof(tokens));
        }
        tokens = tokens[..Math.Min(config.BlockSize + 1, tokens.Length)];
        foreach (var token in tokens)
        {
            if ((uint)token >= (uint)config.VocabSize)
            {
                throw new ArgumentException($"token {token} in a vocabulary of {config.VocabSize}", nameof(tokens));
            }
        }
        return tokens;
    }
}
