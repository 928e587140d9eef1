namespace MicroGpt;

/// <summary>
/// Float32, all documents of a batch at once, on any number of threads: for larger models. The sums are those of the
/// exact engine, but rounded to float32, fused, and in another order. All thread counts and vector widths give the same
/// bits. docs/kernels.md explains how it works.
/// </summary>
sealed unsafe class FloatEngine : Engine
{
    /// <summary>More threads than any current machine has.</summary>
    internal const int MaxThreads = 1024;

    readonly VectorWidth width;
    readonly Crew crew;
    readonly Shard[] shards; // of one round, at most
    readonly FloatPasses[] passes; // one per shard
    readonly Action<int> forward, forwardAndBackward, gradientPart;
    readonly float[] parameters; // [ParameterCount]
    readonly Moments? start;
    FloatAdam? adam; // from the first step on
    FloatMuon? muon; // the same, if it is the optimizer; Adam then has the parameters before the layers'
    float[] gradient = [], kept = []; // [ParameterCount], from the first step on
    float* w, g; // during a call
    int rounds, used, gradientParts; // of this batch; the shards that are used in each round
    bool add; // during a round: whether earlier rounds have contributed to the gradient
    (int Document, int Token, long Positions) shared; // what earlier rounds have taken of the batch

    /// <exception cref="ArgumentException">A document would not fit in an array.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of threads is not from 0 to 1024.</exception>
    public FloatEngine(Parameters parameters, TrainingOptions options, Moments? moments = null, int threads = 0,
        VectorWidth? width = null)
        : base(parameters.Config, options)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, MaxThreads);
        (start, this.width, crew) = (moments, width ?? VectorWidths.InUse, new(ThreadsOf(threads)));
        var (documents, count) = (options.BatchSize, Math.Min(options.BatchSize, crew.Threads));
        if (!Fits(Config, documents, count))
        {
            throw new ArgumentException($"documents of {Config.BlockSize} positions take more memory than an array has",
                nameof(options));
        }
        this.parameters = Array.ConvertAll(parameters.Values, value => (float)value);
        var stride = (int)StrideOf(Config.ParameterCount, Config.NEmbd, Config.BlockSize, documents, count);
        shards = [.. Enumerable.Range(0, count).Select(_ => new Shard(Math.Min(documents, stride), stride))];
        passes = Array.ConvertAll(shards, shard => (FloatPasses)(this.width switch
        {
            VectorWidth.Bits512 => new FloatPasses<FloatLanes16>(Config, shard, stride, new()),
            VectorWidth.Bits256 => new FloatPasses<FloatLanes8>(Config, shard, stride, new()),
            _ => new FloatPasses<FloatLanes1>(Config, shard, stride, new()),
        }));
        forward = shard => passes[shard].Forward(w);
        forwardAndBackward = shard =>
        {
            passes[shard].Forward(w);
            passes[shard].Backward(w);
        };
        gradientPart = part =>
        {
            for (var shard = 0; shard < used; shard++)
            {
                passes[shard].Gradient(g, add || shard > 0, part, gradientParts);
            }
        };
    }

    public override Moments Moments
    {
        get
        {
            if (adam == null)
            {
                return start ?? Moments.Zero(Config.ParameterCount);
            }
            var moments = Moments.Zero(Config.ParameterCount);
            for (var i = 0; i < adam.M.Length; i++)
            {
                (moments.M[i], moments.V[i]) = (adam.M[i], adam.V[i]);
            }
            for (var i = 0; i < muon?.M.Length; i++)
            {
                moments.M[adam.M.Length + i] = muon.M[i]; // Muon has no mean of squares
            }
            return moments;
        }
    }

    public override bool IsFinite => Array.TrueForAll(parameters, float.IsFinite);

    /// <summary>The gradient from <see cref="Backward"/>, laid out like the parameters.</summary>
    public ReadOnlySpan<float> Gradient => gradient;

    public override void NegativeLogLikelihoods(TokenBatch batch, Span<double> sums)
    {
        Divide(batch);
        var document = 0;
        fixed (float* start = parameters)
        {
            w = start;
            for (var round = 0; round < rounds; round++)
            {
                Share(batch, round);
                crew.Run(used, forward);
                foreach (var shard in shards.AsSpan(0, used))
                {
                    for (var i = 0; i < shard.Documents; i++)
                    {
                        sums[document++] = shard.NegativeLogLikelihood(i);
                    }
                }
            }
        }
    }

    public override double Backward(TokenBatch batch)
    {
        Begin();
        Divide(batch);
        var ofTokens = Options.LossAverage == LossAverage.Tokens;
        double sum = 0;
        fixed (float* start = parameters, gradientStart = gradient)
        {
            w = start;
            g = gradientStart;
            for (var round = 0; round < rounds; round++)
            {
                Share(batch, round);
                add = round > 0;
                crew.Run(used, forwardAndBackward);
                crew.Run(gradientParts, gradientPart);
                foreach (var shard in shards.AsSpan(0, used))
                {
                    for (var i = 0; i < shard.Documents; i++)
                    {
                        sum += shard.NegativeLogLikelihood(i) / (ofTokens ? 1 : shard.Places[i].Positions);
                    }
                }
            }
        }
        return sum / (ofTokens ? batch.Tokens.Length - batch.Count : batch.Count);
    }

    public override double[] CopyGradient() => Array.ConvertAll(gradient, number => (double)number);

    public override void Update(int step, double learningRate)
    {
        if (Options.GradientClip > 0)
        {
            Scale(gradient, (float)Shortening(Norm(gradient)));
        }
        var ofAdam = adam!.M.Length;
        adam.Update(parameters.AsSpan(0, ofAdam), gradient.AsSpan(0, ofAdam), step, learningRate, Options.WeightDecay);
        muon?.Update(parameters.AsSpan(ofAdam), gradient.AsSpan(ofAdam), learningRate, Options.WeightDecay);
    }

    public override void Keep() => parameters.CopyTo(kept, 0);

    public override void Restore() => kept.CopyTo(parameters, 0);

    public override Parameters Copy()
    {
        var copy = new Parameters(Config);
        for (var i = 0; i < parameters.Length; i++)
        {
            copy.Values[i] = parameters[i];
        }
        return copy;
    }

    /// <summary>Whether each matrix of a batch split into this many shards fits in an array.</summary>
    public static bool Fits(GptConfig config, int documents, int shards)
    {
        var weights = config.NHead * (config.BlockSize + 16.0);
        var rows = Math.Max(Math.Max(4.0 * config.NEmbd, weights), config.VocabSize) + 16;
        var stride = StrideOf(config.ParameterCount, config.NEmbd, config.BlockSize, documents, shards);
        return stride * rows <= Array.MaxLength;
    }

    /// <summary>Approximate memory of a training run, in bytes: this class, the passes and a batch.</summary>
    public static double BytesFor(TrainingOptions options, int vocabSize, int threads)
    {
        var (documents, shards) = (options.BatchSize, Math.Min(options.BatchSize, ThreadsOf(threads)));
        var parameters = ParameterLayout.Count(options, vocabSize);
        var stride = StrideOf(parameters, options.NEmbd, options.BlockSize, documents, shards);
        // Copies in float32: values, gradients, two moments, last good values; in float64: the initial values.
        var copies = 5 + 2;
        var ofShard = FloatPasses.Numbers(options, vocabSize, stride) + 3 * stride + 3 * Math.Min(documents, stride);
        var tokens = (double)documents * (options.BlockSize + 3);
        var layers = 12.0 * options.NLayer * options.NEmbd * options.NEmbd;
        var muon = options.Optimizer == Optimizer.Muon ? FloatMuon.Numbers(options) - 2 * layers : 0;
        return sizeof(float) * (copies * parameters + muon + shards * ofShard + tokens);
    }

    static int ThreadsOf(int threads) => threads == 0 ? Math.Min(Environment.ProcessorCount, MaxThreads) : threads;

    // The largest distance between rows of a shard's matrices. Shards get equal numbers of positions, give or take one
    // document.
    static double StrideOf(double parameters, int nEmbd, int blockSize, int documents, int shards)
    {
        var positions = (double)documents * blockSize;
        var share = Math.Max(Math.Ceiling(positions / shards), 2 * FewPositions(parameters));
        return Shard.StrideOf(Math.Min(positions, Math.Min(share, PositionsAtOnce(nEmbd, blockSize)) + blockSize));
    }

    // So many that the largest matrix of a shard, [4·nEmbd, P], takes 400 KB: a product should find in a core's cache
    // what the one before it has written.
    static int PositionsAtOnce(int nEmbd, int blockSize) => Math.Max(blockSize, Math.Max(96, 24576 / nEmbd));

    // What one thread does in the few microseconds that it takes to share a job with another: 2¹⁷ multiply-adds.
    static double FewPositions(double parameters) => Math.Ceiling((1 << 17) / parameters);

    // Into rounds, shards and parts of the gradient; into few if there is little to do.
    void Divide(TokenBatch batch)
    {
        Check(batch);
        if (batch.Count > Options.BatchSize)
        {
            throw new ArgumentException($"{batch.Count} documents, this engine takes up to {Options.BatchSize}");
        }
        var positions = (double)batch.Tokens.Length - batch.Count;
        var worthSharing = (int)Math.Min(positions / FewPositions(Config.ParameterCount), int.MaxValue);
        used = Math.Clamp(worthSharing, 1, shards.Length);
        rounds = (int)Math.Ceiling(positions / used / PositionsAtOnce(Config.NEmbd, Config.BlockSize));
        gradientParts = crew.Threads == 1 ? 1 : Math.Clamp(worthSharing / rounds, 1, 4 * crew.Threads);
    }

    // Allocates what only training needs.
    void Begin()
    {
        if (adam == null)
        {
            (gradient, kept) = (new float[parameters.Length], (float[])parameters.Clone());
            var layout = new ParameterLayout(Config);
            var isMuon = Options.Optimizer == Optimizer.Muon;
            adam = new(crew, isMuon ? layout.OfEmbeddings : layout.Length, start, width);
            muon = isMuon ? new(crew, layout, start, width, new()) : null;
        }
    }

    // Each shard takes documents until the shards so far have, as nearly as possible, their share of the positions.
    void Share(TokenBatch batch, int round)
    {
        var lengths = batch.Lengths;
        var total = (long)batch.Tokens.Length - lengths.Length; // positions in all documents
        var ofTokens = Options.LossAverage == LossAverage.Tokens;
        var (next, token, done) = round > 0 ? shared : default;
        for (var s = 0; s < used; s++)
        {
            var (shard, last) = (shards[s], round == rounds - 1 && s == used - 1);
            var share = total * (round * used + s + 1) / (rounds * used);
            shard.Clear(batch);
            for (; next < lengths.Length; next++)
            {
                var n = lengths[next] - 1;
                if (done + n / 2 >= share && !last)
                {
                    break;
                }
                shard.Add(token, n, ofTokens ? 1f / total : 1f / ((float)n * batch.Count));
                (token, done) = (token + lengths[next], done + n);
            }
            shard.Stride = (int)Shard.StrideOf(shard.Positions);
        }
        shared = (next, token, done);
    }

    // Four independent sums side by side.
    static double Norm(float[] vector)
    {
        double a = 0, b = 0, c = 0, d = 0;
        var i = 0;
        for (; i <= vector.Length - 4; i += 4)
        {
            a += (double)vector[i] * vector[i];
            b += (double)vector[i + 1] * vector[i + 1];
            c += (double)vector[i + 2] * vector[i + 2];
            d += (double)vector[i + 3] * vector[i + 3];
        }
        for (; i < vector.Length; i++)
        {
            a += (double)vector[i] * vector[i];
        }
        return Math.Sqrt(a + b + c + d);
    }

    static void Scale(float[] vector, float factor)
    {
        foreach (ref var number in vector.AsSpan())
        {
            number *= factor;
        }
    }
}
