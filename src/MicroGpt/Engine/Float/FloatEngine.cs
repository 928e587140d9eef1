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
    readonly Shard[] shards;
    readonly FloatPasses[] passes; // one per shard
    readonly Action<int> forward, forwardAndBackward, gradientPart;
    readonly int gradientParts;
    readonly float[] parameters; // [ParameterCount]
    readonly Moments? start;
    FloatAdam? adam; // from the first step on
    FloatMuon? muon; // the same, if it is the optimizer; Adam then has the parameters before the layers'
    float[] gradient = [], kept = []; // [ParameterCount], from the first step on
    float* w, g; // during a call

    /// <exception cref="ArgumentException">A batch would not fit in an array.</exception>
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
            throw new ArgumentException($"{documents} documents of {Config.BlockSize} positions take more memory than an "
                + "array has; lower the batch size", nameof(options));
        }
        this.parameters = Array.ConvertAll(parameters.Values, value => (float)value);
        var stride = (int)StrideOf(Config.BlockSize, documents, count);
        shards = [.. Enumerable.Range(0, count).Select(_ => new Shard(documents, stride))];
        passes = Array.ConvertAll(shards, shard => (FloatPasses)(this.width switch
        {
            VectorWidth.Bits512 => new FloatPasses<FloatLanes16>(Config, shard, stride, new()),
            VectorWidth.Bits256 => new FloatPasses<FloatLanes8>(Config, shard, stride, new()),
            _ => new FloatPasses<FloatLanes1>(Config, shard, stride, new()),
        }));
        gradientParts = crew.Threads == 1 ? 1 : 4 * crew.Threads;
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
        Share(batch);
        fixed (float* start = parameters)
        {
            w = start;
            crew.Run(shards.Length, forward);
        }
        var document = 0;
        foreach (var shard in shards)
        {
            for (var i = 0; i < shard.Documents; i++)
            {
                sums[document++] = shard.NegativeLogLikelihood(i);
            }
        }
    }

    public override double Backward(TokenBatch batch)
    {
        Begin();
        Share(batch);
        fixed (float* start = parameters, gradientStart = gradient)
        {
            w = start;
            g = gradientStart;
            crew.Run(shards.Length, forwardAndBackward);
            crew.Run(gradientParts, gradientPart);
        }
        var ofTokens = Options.LossAverage == LossAverage.Tokens;
        double sum = 0;
        foreach (var shard in shards)
        {
            for (var i = 0; i < shard.Documents; i++)
            {
                sum += shard.NegativeLogLikelihood(i) / (ofTokens ? 1 : shard.Places[i].Positions);
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
        return StrideOf(config.BlockSize, documents, shards) * rows <= Array.MaxLength;
    }

    /// <summary>Approximate memory of a training run, in bytes: this class, the passes and a batch.</summary>
    public static double BytesFor(TrainingOptions options, int vocabSize, int threads)
    {
        var (documents, shards) = (options.BatchSize, Math.Min(options.BatchSize, ThreadsOf(threads)));
        var stride = StrideOf(options.BlockSize, documents, shards);
        // Copies in float32: values, gradients, two moments, last good values; in float64: the initial values.
        var copies = 5 + 2;
        var ofShard = FloatPasses.Numbers(options, vocabSize, stride) + 3 * stride + 3.0 * documents;
        var tokens = (double)documents * (options.BlockSize + 3);
        var layers = 12.0 * options.NLayer * options.NEmbd * options.NEmbd;
        var muon = options.Optimizer == Optimizer.Muon ? FloatMuon.Numbers(options) - 2 * layers : 0;
        return sizeof(float) * (copies * ParameterLayout.Count(options, vocabSize) + muon + shards * ofShard + tokens);
    }

    static int ThreadsOf(int threads) => threads == 0 ? Math.Min(Environment.ProcessorCount, MaxThreads) : threads;

    // The largest distance between rows of a shard's matrices. Shards get equal numbers of positions, give or take one
    // document.
    static double StrideOf(int blockSize, int documents, int shards)
    {
        var ofShard = Math.Min(documents, ((long)documents + shards - 1) / shards + 1);
        return Shard.StrideOf((double)ofShard * blockSize);
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
    void Share(TokenBatch batch)
    {
        Check(batch);
        var lengths = batch.Lengths;
        if (lengths.Length > Options.BatchSize)
        {
            throw new ArgumentException($"{lengths.Length} documents, this engine takes up to {Options.BatchSize}");
        }
        var total = (long)batch.Tokens.Length - lengths.Length; // positions in all documents
        var ofTokens = Options.LossAverage == LossAverage.Tokens;
        var (token, done, next) = (0, 0L, 0);
        for (var s = 0; s < shards.Length; s++)
        {
            var (shard, share) = (shards[s], total * (s + 1) / shards.Length);
            shard.Clear(batch);
            for (; next < lengths.Length; next++)
            {
                var n = lengths[next] - 1;
                if (done + n / 2 >= share && s + 1 < shards.Length)
                {
                    break;
                }
                shard.Add(token, n, ofTokens ? 1f / total : 1f / ((float)n * batch.Count));
                (token, done) = (token + lengths[next], done + n);
            }
            shard.Stride = (int)Shard.StrideOf(shard.Positions);
        }
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
