namespace MicroGpt;

/// <summary>
/// The loss of many documents and its gradient in float32, on all cores: for models that outgrow the classroom. The sums
/// are those of the exact engine, but rounded to float32, fused, and in another order. The result has the same bits for
/// every number of threads and every vector width. docs/kernels.md says how it works. One caller at a time.
/// </summary>
public sealed unsafe class FloatEngine
{
    // A vector may write so far past the last position of a shard.
    const int Overhang = 15;

    /// <summary>More threads than any machine of today has.</summary>
    internal const int MaxThreads = 1024;

    readonly GptConfig config;
    readonly int capacity; // documents
    readonly Shard[] shards;
    readonly FloatPasses[] passes; // of each shard
    int[] tokens = []; // of the batch
    int documents;     // in it
    readonly Action<int> forward, forwardAndBackward, gradientPart;
    readonly int gradientParts;
    readonly double[] documentLosses;
    float* w, g; // during a call

    /// <summary>An engine for models of this shape; it takes all its memory here.</summary>
    /// <param name="config">The shape.</param>
    /// <param name="documents">How many documents a batch has at most.</param>
    /// <param name="threads">How many threads share the work, up to 1024; 0 stands for one for each core.</param>
    /// <exception cref="ArgumentOutOfRangeException">No documents, or threads not from 0 to 1024.</exception>
    /// <exception cref="ArgumentException">A batch would take more memory than an array has.</exception>
    public FloatEngine(GptConfig config, int documents, int threads = 0) : this(config, documents, threads, VectorWidth.Width)
    {
    }

    internal FloatEngine(GptConfig config, int documents, int threads, int width)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentOutOfRangeException.ThrowIfLessThan(documents, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, MaxThreads);
        this.config = config;
        Crew = new(threads == 0 ? Environment.ProcessorCount : threads);
        capacity = documents;
        var count = Math.Min(documents, Crew.Threads);
        var stride = StrideOf(config, documents, count) ?? throw new ArgumentException(
            $"{documents} documents of {config.BlockSize} positions take more memory than an array has; "
            + "lower the batch size", nameof(documents));
        shards = [.. Enumerable.Range(0, count).Select(_ => new Shard(documents, stride))];
        passes = Array.ConvertAll(shards, shard => (FloatPasses)(width switch
        {
            8 => new FloatPasses<FloatLanes16>(config, shard, stride),
            4 => new FloatPasses<FloatLanes8>(config, shard, stride),
            _ => new FloatPasses<FloatLanes1>(config, shard, stride),
        }));
        documentLosses = new double[documents];
        gradientParts = Crew.Threads == 1 ? 1 : 4 * Crew.Threads;
        forward = shard => passes[shard].Forward(w);
        forwardAndBackward = shard =>
        {
            passes[shard].Forward(w);
            passes[shard].Backward(w);
        };
        gradientPart = part =>
        {
            for (var shard = 0; shard < passes.Length; shard++)
            {
                passes[shard].Gradient(g, add: shard > 0, part, gradientParts);
            }
        };
    }

    internal Crew Crew { get; }

    /// <summary>How far apart the rows of a shard's matrices are at most; null if they would not fit an array.</summary>
    internal static int? StrideOf(GptConfig config, int documents, int shards)
    {
        // Shards share the positions evenly, but for the document with which one ends.
        var ofShard = Math.Min(documents, ((long)documents + shards - 1) / shards + 1);
        double columns = (double)ofShard * config.BlockSize + Overhang + 32;
        var weights = config.NHead * (config.BlockSize + 16.0);
        var rows = Math.Max(Math.Max(4.0 * config.NEmbd, weights), config.VocabSize) + 16;
        return columns * rows <= Array.MaxLength ? Stride((int)columns - 32) : null;
    }

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
            Crew.Run(shards.Length, forward);
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
            Crew.Run(shards.Length, forwardAndBackward);
            Crew.Run(gradientParts, gradientPart);
        }
        return MeanLoss();
    }

    /// <summary>The loss of each document of the last batch.</summary>
    public ReadOnlySpan<double> DocumentLosses => documentLosses.AsSpan(0, documents);

    // Checks a batch, and hands its documents to the shards.
    void Read(ReadOnlySpan<float> parameters, ReadOnlySpan<int> tokens, ReadOnlySpan<int> lengths)
    {
        if (parameters.Length != config.ParameterCount)
        {
            throw new ArgumentException(
                $"{parameters.Length} numbers for {config.ParameterCount} parameters", nameof(parameters));
        }
        if (lengths.IsEmpty || lengths.Length > capacity)
        {
            throw new ArgumentException(
                $"{lengths.Length} documents, this engine takes 1 to {capacity}", nameof(lengths));
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
        if (this.tokens.Length < tokens.Length)
        {
            this.tokens = new int[Math.Max(tokens.Length, 2 * this.tokens.Length)];
        }
        tokens.CopyTo(this.tokens);
        documents = lengths.Length;
        Share(lengths, total);
    }

    // Each shard takes documents up to where all shards so far have their share of the positions, as nearly as may be.
    void Share(ReadOnlySpan<int> lengths, long total)
    {
        var (token, done, next) = (0, 0L, 0);
        for (var s = 0; s < shards.Length; s++)
        {
            var (shard, share) = (shards[s], total * (s + 1) / shards.Length);
            (shard.Tokens, shard.Documents, shard.Positions) = (tokens, 0, 0);
            for (; next < lengths.Length; next++)
            {
                var n = Math.Min(config.BlockSize, lengths[next] - 1);
                if (done + n / 2 >= share && s + 1 < shards.Length)
                {
                    break;
                }
                shard.Places[shard.Documents++] = new(token, shard.Positions, n);
                shard.Shares.AsSpan(shard.Positions, n).Fill(1f / ((float)n * lengths.Length));
                shard.Positions += n;
                (token, done) = (token + lengths[next], done + n);
            }
            shard.Stride = Stride(shard.Positions + Overhang);
        }
    }

    double MeanLoss()
    {
        var (document, sum) = (0, 0.0);
        foreach (var shard in shards)
        {
            foreach (var place in shard.Places.AsSpan(0, shard.Documents))
            {
                double loss = 0;
                foreach (var positionLoss in shard.Losses.AsSpan(place.Column, place.Positions))
                {
                    loss += positionLoss;
                }
                sum += documentLosses[document++] = loss / place.Positions;
            }
        }
        return sum / document;
    }

    // An odd number of cache lines: rows a power of two apart would fight for the same places in the cache.
    static int Stride(int columns) => ((columns + 15) / 16 | 1) * 16;
}
