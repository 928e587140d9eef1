using System.Runtime.CompilerServices;

namespace MicroGpt;

/// <summary>
/// Runs the model forward one token at a time with a key/value cache, for sampling and scoring. The logits have the bits
/// of microgpt.cs. Not thread-safe.
/// </summary>
sealed unsafe class Decoder
{
    readonly Parameters parameters;
    readonly GptConfig config;
    readonly ParameterLayout layout;
    readonly VectorWidth width;
    readonly int stride;
    readonly PinnedMemory scratch;
    readonly double* x, normed, query, heads; // [nEmbd]
    readonly double* hidden;                  // [4·nEmbd]
    readonly double* scores;                  // [block]
    readonly double* keys;                    // [nLayer, nEmbd, block], rows one stride apart
    readonly double* values;                  // [nLayer, block, nEmbd]
    readonly int* up;                         // 0, 1, 2 ...
    readonly double invD, invRootHeadDim;
    readonly double[] logits;

    /// <summary>Creates a decoder at position 0. Each call reads the current parameters.</summary>
    public Decoder(Parameters parameters, VectorWidth? width = null, PinnedMemory? memory = null)
    {
        (this.parameters, config, layout) = (parameters, parameters.Config, parameters.Layout);
        (this.width, scratch) = (width ?? VectorWidths.InUse, memory ?? new());
        var d = config.NEmbd;
        stride = (config.BlockSize + 7) / 8 * 8;
        x = scratch.Take(d);
        normed = scratch.Take(d);
        query = scratch.Take(d);
        heads = scratch.Take(d);
        hidden = scratch.Take(4 * d);
        scores = scratch.Take(stride);
        keys = scratch.Take((long)config.NLayer * d * stride);
        values = scratch.Take((long)config.NLayer * config.BlockSize * d);
        up = scratch.Take(Math.Max(4 * d, config.BlockSize), i => i);
        invD = Libm.Pow(d, -1);
        invRootHeadDim = Libm.Pow(Libm.Pow(config.HeadDim, 0.5), -1);
        logits = new double[config.VocabSize];
    }

    /// <summary>The maximum number of tokens to read.</summary>
    public int BlockSize => config.BlockSize;

    /// <summary>The number of tokens read since the last reset, at most blockSize.</summary>
    public int Position { get; private set; }

    /// <summary>Forgets all tokens.</summary>
    public void Reset() => Position = 0;

    /// <summary>
    /// Reads one token -> logits [vocabSize], a score for each possible next token; valid until the next call.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The token is not in the vocabulary.</exception>
    /// <exception cref="InvalidOperationException">The context is full: blockSize tokens were read.</exception>
    public ReadOnlySpan<double> Next(int token)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(token);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, config.VocabSize);
        if (Position == config.BlockSize)
        {
            throw new InvalidOperationException($"the context is full: {Position} tokens were read");
        }
        switch (width)
        {
            case VectorWidth.Bits512: Next<ExactLanes8>(token); break;
            case VectorWidth.Bits256: Next<ExactLanes4>(token); break;
            case VectorWidth.Bits128: Next<ExactLanes2>(token); break;
            default: Next<ExactLanes1>(token); break;
        }
        Position++;
        return logits;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Next<T>(int token) where T : unmanaged, IExactLanes<T>
    {
        var (d, block, headDim) = (config.NEmbd, config.BlockSize, config.HeadDim);
        fixed (double* w = parameters.Values, result = logits)
        {
            var embedding = w + layout.Wte + token * d;
            var position = w + layout.Wpe + Position * d;
            for (var j = 0; j < d; j++)
            {
                x[j] = embedding[j] + position[j];
            }
            RmsNorm(x, x);
            for (var layer = 0; layer < config.NLayer; layer++)
            {
                ref var at = ref layout.Layers[layer];
                var key = keys + layer * d * stride;
                var value = values + layer * block * d;
                RmsNorm(x, normed);
                Linear(normed, w + at.AttnWq, query, 1, d, d);
                Linear(normed, w + at.AttnWk, key + Position, stride, d, d);
                Linear(normed, w + at.AttnWv, value + Position * d, 1, d, d);
                for (var h = 0; h < d; h += headDim)
                {
                    for (var s = 0; s <= Position; s += T.Count)
                    {
                        ExactKernel.Product<T>(
                            scores + s, 0, query + h, 0, 1, key + h * stride + s, stride, 1, up, headDim);
                        (T.Load(scores + s) * T.All(invRootHeadDim)).Store(scores + s);
                    }
                    var weights = new Span<double>(scores, Position + 1);
                    Softmax.Apply(weights, weights, width);
                    ExactKernel.Product<ExactLanes1>(heads + h, 1, value + h, 1, d, scores, 1, headDim, up, Position + 1);
                }
                Linear(heads, w + at.AttnWo, normed, 1, d, d);
                Add(normed, x);
                RmsNorm(x, normed);
                Linear(normed, w + at.MlpFc1, hidden, 1, d, 4 * d);
                for (var i = 0; i < 4 * d; i++)
                {
                    hidden[i] = hidden[i] > 0 ? hidden[i] : 0;
                }
                Linear(hidden, w + at.MlpFc2, normed, 1, 4 * d, d);
                Add(normed, x);
            }
            Linear(x, w + layout.LmHead, result, 1, d, config.VocabSize);
        }
    }

    // x [nEmbd] -> y [nEmbd]: RMSNorm.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void RmsNorm(double* x, double* y)
    {
        double sum = 0;
        for (var j = 0; j < config.NEmbd; j++)
        {
            sum += x[j] * x[j];
        }
        var scale = Libm.Pow(sum * invD + 1e-5, -0.5);
        for (var j = 0; j < config.NEmbd; j++)
        {
            y[j] = x[j] * scale;
        }
    }

    // x [nIn], w [nOut, nIn] -> y [nOut], its numbers one step apart.
    void Linear(double* x, double* w, double* y, int yStep, int nIn, int nOut) =>
        ExactKernel.Product<ExactLanes1>(y, yStep, w, nIn, 1, x, 1, nOut, up, nIn);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Add(double* y, double* x)
    {
        for (var j = 0; j < config.NEmbd; j++)
        {
            x[j] = y[j] + x[j];
        }
    }
}
