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

    // Bytes of the gradient that go from rank to rank at a time: enough to be worth a message. There are more parts, but
    // not smaller than the second, if ranks would wait long for the first one and after the last.
    const int RingPart = 1 << 17, SmallestRingPart = 1 << 13, RingPartsPerRank = 8;

    readonly VectorWidth width;
    readonly Crew crew;
    readonly Ranks? ranks; // if there are several
    readonly GradientRing? ring;
    readonly Shard[] shards; // of one round, at most; with ranks, of all rounds
    readonly FloatPasses[] passes; // one per shard
    readonly int inRound, atOnce; // the shards of a round, and the positions of a shard, at most
    readonly Action<int> forward, forwardAndBackward, gradientPart;
    readonly float[] parameters; // [ParameterCount]
    readonly Moments? start;
    FloatAdam? adam; // from the first step on
    FloatMuon? muon; // the same, if it is the optimizer; Adam then has the parameters before the layers'
    float[] gradient = [], kept = []; // [ParameterCount], from the first step on
    float* w, g; // during a call
    int rounds, used, gradientParts; // of this batch; the shards that are used in each round
    long first, all; // of the shards of all ranks, if all had as many: the first of this rank, and their number
    int begin, end; // during a round: its shards; while ranks sum the gradient, all
    int ringParts, firstPart; // parts that go from rank to rank; the first of the gradient's that are in this one
    bool add; // during the gradient: whether earlier rounds or ranks have contributed to it
    (int Document, int Token, long Positions) shared; // what earlier rounds have taken of the batch

    /// <exception cref="ArgumentException">A document would not fit in an array.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of threads is not from 0 to 1024.</exception>
    public FloatEngine(Parameters parameters, TrainingOptions options, Moments? moments = null, int threads = 0,
        VectorWidth? width = null, Ranks? ranks = null)
        : base(parameters.Config, options)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, MaxThreads);
        (start, this.width, crew) = (moments, width ?? VectorWidths.InUse, new(ThreadsOf(threads, ranks)));
        if (ranks is { Count: > 1 })
        {
            (this.ranks, ring) = (ranks, new(ranks));
        }
        var (documents, of) = (options.BatchSize, ranks?.Count ?? 1);
        inRound = Math.Min(documents, crew.Threads);
        if (!Fits(Config, documents, of * inRound))
        {
            throw new ArgumentException($"documents of {Config.BlockSize} positions take more memory than an array has",
                nameof(options));
        }
        this.parameters = Array.ConvertAll(parameters.Values, value => (float)value);
        var stride = (int)StrideOf(Config.ParameterCount, Config.NEmbd, Config.BlockSize, documents, of * inRound);
        atOnce = (int)ShareOf(Config.ParameterCount, Config.NEmbd, Config.BlockSize, documents, of * inRound);
        var count = inRound * Kept((double)documents * Config.BlockSize, of, inRound, atOnce);
        shards = [.. Enumerable.Range(0, count).Select(_ => new Shard(Math.Min(documents, stride), stride))];
        passes = Array.ConvertAll(shards, shard => (FloatPasses)(this.width switch
        {
            VectorWidth.Bits512 => new FloatPasses<FloatLanes16>(Config, shard, stride, new()),
            VectorWidth.Bits256 => new FloatPasses<FloatLanes8>(Config, shard, stride, new()),
            _ => new FloatPasses<FloatLanes1>(Config, shard, stride, new()),
        }));
        forward = shard => passes[begin + shard].Forward(w);
        forwardAndBackward = shard =>
        {
            passes[begin + shard].Forward(w);
            passes[begin + shard].Backward(w);
        };
        gradientPart = part =>
        {
            for (var shard = begin; shard < end; shard++)
            {
                passes[shard].Gradient(g, add || shard > begin, firstPart + part, gradientParts);
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
                foreach (var shard in shards.AsSpan(begin, used))
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
        Divide(batch, ranks);
        double sum = 0;
        fixed (float* start = parameters, gradientStart = gradient)
        {
            w = start;
            g = gradientStart;
            for (var round = 0; round < rounds; round++)
            {
                Share(batch, round);
                crew.Run(used, forwardAndBackward);
                if (ring == null)
                {
                    add = round > 0;
                    crew.Run(gradientParts, gradientPart);
                    sum = AddLosses(sum);
                }
            }
            if (ring != null)
            {
                sum = SumOverRanks(ranks!.Rank);
            }
        }
        return sum / (Options.LossAverage == LossAverage.Tokens ? batch.Tokens.Length - batch.Count : batch.Count);
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
    public static double BytesFor(TrainingOptions options, int vocabSize, int threads, int ranks)
    {
        var (documents, inRound) = (options.BatchSize, Math.Min(options.BatchSize, ThreadsOf(threads)));
        var parameters = ParameterLayout.Count(options, vocabSize);
        var stride = StrideOf(parameters, options.NEmbd, options.BlockSize, documents, ranks * inRound);
        var atOnce = ShareOf(parameters, options.NEmbd, options.BlockSize, documents, ranks * inRound);
        var shards = inRound * (double)Kept((double)documents * options.BlockSize, ranks, inRound, atOnce);
        // Copies in float32: values, gradients, two moments, last good values; in float64: the initial values.
        var copies = 5 + 2;
        var ofShard = FloatPasses.Numbers(options, vocabSize, stride) + 3 * stride + 3 * Math.Min(documents, stride);
        var tokens = (double)documents * (options.BlockSize + 3);
        var layers = 12.0 * options.NLayer * options.NEmbd * options.NEmbd;
        var muon = options.Optimizer == Optimizer.Muon ? FloatMuon.Numbers(options) - 2 * layers : 0;
        return sizeof(float) * (copies * parameters + muon + shards * ofShard + tokens);
    }

    /// <summary>How many parts of a gradient go from rank to rank.</summary>
    public static int RingParts(int parameters, int ranks)
    {
        var bytes = parameters * (long)sizeof(float);
        var enough = Math.Min((long)RingPartsPerRank * ranks, bytes / SmallestRingPart);
        return (int)Math.Clamp(bytes / RingPart, Math.Max(1, enough), int.MaxValue);
    }

    static int ThreadsOf(int threads, Ranks? ranks = null) =>
        threads == 0 ? Math.Min(ranks?.Cores ?? Environment.ProcessorCount, MaxThreads) : threads;

    // The largest distance between rows of a shard's matrices. Shards get equal numbers of positions, give or take one
    // document.
    static double StrideOf(double parameters, int nEmbd, int blockSize, int documents, int shards)
    {
        var share = ShareOf(parameters, nEmbd, blockSize, documents, shards);
        return Shard.StrideOf(Math.Min((double)documents * blockSize, share + blockSize));
    }

    // The positions of a shard, at most, if the batch is divided among so many.
    static double ShareOf(double parameters, int nEmbd, int blockSize, int documents, int shards)
    {
        var share = Math.Max(Math.Ceiling((double)documents * blockSize / shards), 2 * FewPositions(parameters));
        return Math.Min(share, PositionsAtOnce(nEmbd, blockSize));
    }

    // The rounds whose shards are kept: those of a rank, until it is its turn to add to the gradient.
    static int Kept(double positions, int ranks, int inRound, double atOnce) =>
        ranks == 1 ? 1 : (int)Math.Ceiling(positions / ranks / inRound / atOnce);

    // So many that the largest matrix of a shard, [4·nEmbd, P], takes 400 KB: a product should find in a core's cache
    // what the one before it has written.
    static int PositionsAtOnce(int nEmbd, int blockSize) => Math.Max(blockSize, Math.Max(96, 24576 / nEmbd));

    // What one thread does in the few microseconds that it takes to share a job with another: 2¹⁷ multiply-adds.
    static double FewPositions(double parameters) => Math.Ceiling((1 << 17) / parameters);

    // Into rounds, shards and parts of the gradient; into few if there is little to do. With ranks, each has as many.
    void Divide(TokenBatch batch, Ranks? ranks = null)
    {
        Check(batch);
        if (batch.Count > Options.BatchSize)
        {
            throw new ArgumentException($"{batch.Count} documents, this engine takes up to {Options.BatchSize}");
        }
        var of = ranks?.Count ?? 1;
        var positions = ((double)batch.Tokens.Length - batch.Count) / of;
        var worthSharing = (int)Math.Min(positions / FewPositions(Config.ParameterCount), int.MaxValue);
        used = Math.Clamp(worthSharing, 1, inRound);
        rounds = (int)Math.Ceiling(positions / used / atOnce);
        (first, all) = ((ranks?.Rank ?? 0) * (long)rounds * used, of * (long)rounds * used);
        ringParts = ranks == null ? 1 : RingParts(Config.ParameterCount, of);
        var jobs = ranks == null ? rounds : ringParts;
        gradientParts = ringParts * (crew.Threads == 1 ? 1 : Math.Clamp(worthSharing / jobs, 1, 4 * crew.Threads));
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
        var (next, token, done) = round > 0 ? shared : Skip(lengths, total * first / all);
        begin = all > rounds * used ? round * used : 0;
        end = begin + used;
        for (var s = 0; s < used; s++)
        {
            var (shard, index) = (shards[begin + s], first + round * used + s);
            var share = total * (index + 1) / all;
            shard.Clear(batch);
            for (; next < lengths.Length; next++)
            {
                var n = lengths[next] - 1;
                if (done + n / 2 >= share && index < all - 1)
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

    // What the ranks before this one take: it depends on their number only, not on how each divides its share. It may be
    // all, if the last document is long.
    static (int Document, int Token, long Positions) Skip(ReadOnlySpan<int> lengths, long share)
    {
        var (next, token, done) = (0, 0, 0L);
        for (; next < lengths.Length && done + (lengths[next] - 1) / 2 < share; next++)
        {
            (token, done) = (token + lengths[next], done + lengths[next] - 1);
        }
        return (next, token, done);
    }

    // Over all shards of all ranks, and into this gradient that of all ranks.
    double SumOverRanks(int rank)
    {
        (begin, end, add) = (0, rounds * used, rank > 0);
        var sum = 0.0;
        var (start, jobs) = ((nint)(&sum), gradientParts / ringParts);
        var parts = new GradientRing.Part[1 + ringParts]; // the losses are a part too
        parts[0] = new(start, sizeof(double));
        for (var i = 0; i < ringParts; i++)
        {
            var (from, next) = (passes[0].Start(i, ringParts), passes[0].Start(i + 1, ringParts));
            parts[1 + i] = new((nint)(g + from), (next - from) * sizeof(float));
        }
        ring!.Sum(parts, part =>
        {
            if (part == 0)
            {
                *(double*)start = AddLosses(*(double*)start);
                return;
            }
            firstPart = (part - 1) * jobs;
            crew.Run(jobs, gradientPart);
        });
        return sum;
    }

    // The sum, continued over the documents of the shards from begin to end.
    double AddLosses(double sum)
    {
        foreach (var shard in shards.AsSpan(begin, end - begin))
        {
            for (var i = 0; i < shard.Documents; i++)
            {
                var positions = Options.LossAverage == LossAverage.Tokens ? 1 : shard.Spans[i].Positions;
                sum += shard.NegativeLogLikelihood(i) / positions;
            }
        }
        return sum;
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
