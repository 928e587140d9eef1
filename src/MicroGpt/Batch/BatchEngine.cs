namespace MicroGpt;

/// <summary>
/// The loss of many documents and its gradient in float32, on all cores: for models that outgrow the classroom. The sums
/// are those of the exact engine, but rounded to float32, fused, and in another order. The result has the same bits for
/// every number of threads and every vector width. docs/kernels.md says how it works. One caller at a time.
/// </summary>
public sealed unsafe class BatchEngine
{
    // A vector may write so far past the last position of a shard.
    const int Overhang = 15;

    readonly GptConfig config;
    readonly BatchLayout batch;
    readonly BatchPasses passes;
    readonly Action<int> forward, forwardAndBackward, gradientPart;
    readonly int gradientParts;
    readonly double[] documentLosses;
    float* w, g; // during a call

    /// <summary>An engine for models of this shape; it takes all its memory here.</summary>
    /// <param name="config">The shape.</param>
    /// <param name="documents">How many documents a batch has at most.</param>
    /// <param name="threads">How many threads share the work; 0 stands for one for each core.</param>
    /// <exception cref="ArgumentOutOfRangeException">No documents, or fewer than 0 threads.</exception>
    /// <exception cref="ArgumentException">A batch would take more memory than an array has.</exception>
    public BatchEngine(GptConfig config, int documents, int threads = 0) : this(config, documents, threads, Lanes.Width)
    {
    }

    internal BatchEngine(GptConfig config, int documents, int threads, int width)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentOutOfRangeException.ThrowIfLessThan(documents, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        this.config = config;
        Crew = new(threads == 0 ? Environment.ProcessorCount : threads);
        var shards = Math.Min(documents, Crew.Threads);
        var positions = (long)documents * config.BlockSize + shards * (Overhang + 16);
        var widest = Math.Max(Math.Max(4L * config.NEmbd, (long)config.NHead * config.BlockSize), config.VocabSize) + 16;
        if ((positions + 32) * widest > Array.MaxLength)
        {
            throw new ArgumentException(
                $"{documents} documents of {config.BlockSize} positions take more memory than an array has; "
                + "lower the batch size", nameof(documents));
        }
        var capacity = Stride((int)positions);
        batch = new(documents, capacity) { Shards = new Shard[shards] };
        passes = width switch
        {
            8 => new BatchPasses<Floats16>(config, batch, capacity, shards),
            4 => new BatchPasses<Floats8>(config, batch, capacity, shards),
            _ => new BatchPasses<Floats1>(config, batch, capacity, shards),
        };
        documentLosses = new double[documents];
        gradientParts = Crew.Threads == 1 ? 1 : 4 * Crew.Threads;
        forward = shard => passes.Forward(batch.Shards[shard], w);
        forwardAndBackward = shard =>
        {
            passes.Forward(batch.Shards[shard], w);
            passes.Backward(batch.Shards[shard], w);
        };
        gradientPart = part => passes.Gradient(g, part, gradientParts);
    }

    internal Crew Crew { get; }

    /// <summary>The mean over the documents of their losses, as <see cref="ExactEngine.Loss"/> has them.</summary>
    /// <param name="parameters">All parameters, [ParameterCount], in state_dict order.</param>
    /// <param name="tokens">The documents, each BOS, its characters, BOS, one after the other.</param>
    /// <param name="lengths">How many tokens each document has; at most blockSize positions of each are read.</param>
    /// <exception cref="ArgumentException">
    /// There are no documents, or more than the engine takes; one has fewer than two tokens, or one that is not in the
    /// vocabulary; the lengths do not add up to the tokens; or there are too few or too many parameters.
    /// </exception>
    public double Loss(ReadOnlySpan<float> parameters, ReadOnlySpan<int> tokens, ReadOnlySpan<int> lengths)
    {
        Read(parameters, tokens, lengths);
        fixed (float* start = parameters)
        {
            w = start;
            Crew.Run(batch.Shards.Length, forward);
        }
        return MeanLoss();
    }

    /// <summary>The loss, and its derivative by every parameter.</summary>
    /// <param name="parameters">As of <see cref="Loss"/>.</param>
    /// <param name="tokens">As of <see cref="Loss"/>.</param>
    /// <param name="lengths">As of <see cref="Loss"/>.</param>
    /// <param name="gradient">Overwritten with the derivatives, [ParameterCount], laid out as the parameters.</param>
    /// <exception cref="ArgumentException">As of <see cref="Loss"/>; or the gradient has another length.</exception>
    public double Backward(
        ReadOnlySpan<float> parameters, ReadOnlySpan<int> tokens, ReadOnlySpan<int> lengths, Span<float> gradient)
    {
        if (gradient.Length != config.ParameterCount)
        {
            throw new ArgumentException(
                $"{gradient.Length} numbers for {config.ParameterCount} gradients", nameof(gradient));
        }
        Read(parameters, tokens, lengths);
        fixed (float* start = parameters, gradientStart = gradient)
        {
            w = start;
            g = gradientStart;
            Crew.Run(batch.Shards.Length, forwardAndBackward);
            Crew.Run(gradientParts, gradientPart);
        }
        return MeanLoss();
    }

    /// <summary>The loss of each document of the last batch.</summary>
    public ReadOnlySpan<double> DocumentLosses => documentLosses.AsSpan(0, batch.Documents);

    // Places the documents: those of a shard side by side, shards a vector's overhang apart.
    void Read(ReadOnlySpan<float> parameters, ReadOnlySpan<int> tokens, ReadOnlySpan<int> lengths)
    {
        if (parameters.Length != config.ParameterCount)
        {
            throw new ArgumentException(
                $"{parameters.Length} numbers for {config.ParameterCount} parameters", nameof(parameters));
        }
        if (lengths.IsEmpty || lengths.Length > batch.Places.Length)
        {
            throw new ArgumentException(
                $"{lengths.Length} documents, this engine takes 1 to {batch.Places.Length}", nameof(lengths));
        }
        var (total, end) = (0L, 0L);
        foreach (var length in lengths)
        {
            if (length < 2)
            {
                throw new ArgumentException("a document has at least two tokens: BOS and BOS", nameof(lengths));
            }
            total += Math.Min(config.BlockSize, length - 1);
            end += length;
        }
        if (end != tokens.Length)
        {
            throw new ArgumentException($"the lengths add up to {end}, of {tokens.Length} tokens", nameof(lengths));
        }
        foreach (var token in tokens)
        {
            if ((uint)token >= (uint)config.VocabSize)
            {
                throw new ArgumentException($"token {token} in a vocabulary of {config.VocabSize}", nameof(tokens));
            }
        }
        if (batch.Tokens.Length < tokens.Length)
        {
            batch.Tokens = new int[Math.Max(tokens.Length, 2 * batch.Tokens.Length)];
        }
        tokens.CopyTo(batch.Tokens);
        batch.Documents = lengths.Length;
        var (token0, column, done, document) = (0, 0, 0L, 0);
        for (var s = 0; s < batch.Shards.Length; s++)
        {
            // Documents up to where all shards so far have their share of the positions, as nearly as documents allow.
            var (firstDocument, firstColumn, share) = (document, column, total * (s + 1) / batch.Shards.Length);
            while (document < lengths.Length)
            {
                var n = Math.Min(config.BlockSize, lengths[document] - 1);
                if (done + n / 2 >= share && s + 1 < batch.Shards.Length)
                {
                    break;
                }
                batch.Places[document] = new(token0, column, n);
                batch.Shares.AsSpan(column, n).Fill(1f / ((float)n * lengths.Length));
                (token0, column, done, document) = (token0 + lengths[document], column + n, done + n, document + 1);
            }
            batch.Shards[s] = new(s, firstDocument, document, firstColumn, column - firstColumn);
            column = (column + Overhang + 15) / 16 * 16;
        }
        batch.Stride = Stride(column);
    }

    double MeanLoss()
    {
        double sum = 0;
        for (var document = 0; document < batch.Documents; document++)
        {
            var place = batch.Places[document];
            double loss = 0;
            foreach (var positionLoss in batch.Losses.AsSpan(place.Column, place.Positions))
            {
                loss += positionLoss;
            }
            documentLosses[document] = loss / place.Positions;
            sum += documentLosses[document];
        }
        return sum / batch.Documents;
    }

    // An odd number of cache lines: rows a power of two apart would fight for the same places in the cache.
    static int Stride(int columns) => ((columns + 15) / 16 | 1) * 16;
}
