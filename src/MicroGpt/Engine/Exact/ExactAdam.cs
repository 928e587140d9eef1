using System.Numerics;
using System.Runtime.CompilerServices;

namespace MicroGpt;

/// <summary>
/// Adam, the optimizer (Kingma and Ba, 2014): a step against the gradient, evened out by running means of it and of its
/// square. beta1 = 0.85, beta2 = 0.99, epsilon = 1e-8, as in the reference. With decoupled weight decay (Loshchilov and
/// Hutter, 2017), which leaves every bit as it is where the decay is 0.
/// </summary>
sealed class ExactAdam(Moments moments, VectorWidth width)
{
    const double Beta1 = 0.85;
    const double Beta2 = 0.99;
    const double Epsilon = 1e-8;
    const int Chunk = 512;

    // The state itself, which the engine hands to a checkpoint.
    readonly double[] ms = moments.M, vs = moments.V;

    /// <summary>
    /// m = β₁·m + (1-β₁)·g; v = β₂·v + (1-β₂)·g²; p -= rate·m̂ / (√v̂ + ε), where m̂ and v̂ are m and v divided by
    /// 1 - βᵗ, because both began at 0. Before it, p -= rate·decay·p.
    /// </summary>
    /// <param name="parameters">What is adjusted, [count].</param>
    /// <param name="gradient">The derivative of the loss by each parameter, [count].</param>
    /// <param name="step">Steps taken before this one: the first step is 0, where t is 1.</param>
    /// <param name="learningRate">How far a step goes.</param>
    /// <param name="weightDecay">The part of itself that a parameter loses in a step, per learning rate.</param>
    /// <exception cref="ArgumentException">Parameters or gradient are not as many as the moments.</exception>
    public unsafe void Update(
        Span<double> parameters, ReadOnlySpan<double> gradient, int step, double learningRate, double weightDecay = 0)
    {
        if (parameters.Length != ms.Length || gradient.Length != ms.Length)
        {
            throw new ArgumentException(
                $"{parameters.Length} parameters and {gradient.Length} gradients for {ms.Length} moments");
        }
        var keep = 1 - learningRate * weightDecay;
        var scale = (1 - Math.Pow(Beta1, step + 1), 1 - Math.Pow(Beta2, step + 1));
        fixed (double* p = parameters, g = gradient, m = ms, v = vs)
        {
            // A chunk at a time, so that what one loop leaves for the next stays in the cache.
            for (var i = 0; i < ms.Length; i += Chunk)
            {
                var count = Math.Min(Chunk, ms.Length - i);
                var whole = 0;
                switch (width)
                {
                    case VectorWidth.Bits512:
                        whole = count / 8 * 8;
                        Update<ExactLanes8>(p + i, g + i, m + i, v + i, whole, scale, learningRate, keep);
                        break;
                    case VectorWidth.Bits256:
                        whole = count / 4 * 4;
                        Update<ExactLanes4>(p + i, g + i, m + i, v + i, whole, scale, learningRate, keep);
                        break;
                }
                var j = i + whole;
                Update<ExactLanes1>(p + j, g + j, m + j, v + j, count - whole, scale, learningRate, keep);
            }
        }
    }

    // Three loops without a branch, rather than one with: what libm must be asked is noted, and asked between the loops.
    // count is a whole number of vectors, at most Chunk; nothing beyond count is read or written.
    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static unsafe void Update<T>(
        double* p, double* g, double* m, double* v, int count, (double M, double V) scale, double learningRate,
        double keep)
        where T : unmanaged, IExactLanes<T>
    {
        var scratch = stackalloc double[Chunk];
        var doubts = stackalloc byte[Chunk + 8]; // a byte for each vector, a bit for each lane; eight are read at a time
        *(ulong*)(doubts + count / T.Count) = 0;
        for (var i = 0; i < count; i += T.Count)
        {
            ExactMath.Square(T.Load(g + i), out var doubt).Store(scratch + i);
            doubts[(uint)i / (uint)T.Count] = (byte)doubt;
        }
        for (var k = 0; k < count; k += 8 * T.Count)
        {
            for (var bits = *(ulong*)(doubts + k / T.Count); bits != 0; bits &= bits - 1)
            {
                var i = k + Lane<T>(bits);
                scratch[i] = Math.Pow(g[i], 2);
            }
        }
        for (var i = 0; i < count; i += T.Count)
        {
            var mean = T.All(Beta1) * T.Load(m + i) + T.All(1 - Beta1) * T.Load(g + i);
            var square = T.All(Beta2) * T.Load(v + i) + T.All(1 - Beta2) * T.Load(scratch + i);
            mean.Store(m + i);
            square.Store(v + i);
            ExactMath.Root(square / T.All(scale.V), out var doubt).Store(scratch + i);
            doubts[(uint)i / (uint)T.Count] = (byte)doubt;
        }
        for (var k = 0; k < count; k += 8 * T.Count)
        {
            for (var bits = *(ulong*)(doubts + k / T.Count); bits != 0; bits &= bits - 1)
            {
                var i = k + Lane<T>(bits);
                scratch[i] = Math.Pow(v[i] / scale.V, 0.5);
            }
        }
        for (var i = 0; i < count; i += T.Count)
        {
            var step = T.All(learningRate) * (T.Load(m + i) / T.All(scale.M)) / (T.Load(scratch + i) + T.All(Epsilon));
            (T.All(keep) * T.Load(p + i) - step).Store(p + i);
        }
    }

    // The first of the lanes whose bit is set, counted from the first of these eight vectors.
    static int Lane<T>(ulong doubts) where T : unmanaged, IExactLanes<T>
    {
        var bit = BitOperations.TrailingZeroCount(doubts);
        return bit / 8 * T.Count + bit % 8;
    }
}
