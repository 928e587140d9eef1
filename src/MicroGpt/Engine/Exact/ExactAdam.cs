using System.Numerics;
using System.Runtime.CompilerServices;

namespace MicroGpt;

/// <summary>
/// The Adam optimizer (Kingma and Ba, 2014): a step against the gradient, smoothed by running means of the gradient and
/// its square. beta1 = 0.85, beta2 = 0.99, epsilon = 1e-8, as in the reference. Weight decay is decoupled (Loshchilov
/// and Hutter, 2017) and changes no bit if it is 0.
/// </summary>
sealed class ExactAdam(Moments moments, VectorWidth width)
{
    const double Beta1 = 0.85;
    const double Beta2 = 0.99;
    const double Epsilon = 1e-8;
    const int Chunk = 512;

    // The original state, which the engine passes to a checkpoint.
    readonly double[] ms = moments.M, vs = moments.V;

    /// <summary>
    /// m = β₁·m + (1-β₁)·g; v = β₂·v + (1-β₂)·g²; p -= rate·m̂ / (√v̂ + ε), where m̂ and v̂ are m and v divided by
    /// 1 - βᵗ, because both started at 0. Weight decay comes first: p -= rate·decay·p.
    /// </summary>
    /// <param name="parameters">The parameters to update, [count].</param>
    /// <param name="gradient">The derivative of the loss with respect to each parameter, [count].</param>
    /// <param name="step">Steps taken before this one: the first step is 0, where t is 1.</param>
    /// <param name="learningRate">The learning rate of this step.</param>
    /// <param name="weightDecay">Shrinks each parameter by this fraction times the learning rate.</param>
    /// <exception cref="ArgumentException">The parameters or gradients do not match the moments in number.</exception>
    public unsafe void Update(
        Span<double> parameters, ReadOnlySpan<double> gradient, int step, double learningRate, double weightDecay = 0)
    {
        if (parameters.Length != ms.Length || gradient.Length != ms.Length)
        {
            throw new ArgumentException(
                $"{parameters.Length} parameters and {gradient.Length} gradients for {ms.Length} moments");
        }
        var keep = 1 - learningRate * weightDecay;
        var scale = (1 - Libm.Pow(Beta1, step + 1), 1 - Libm.Pow(Beta2, step + 1));
        fixed (double* p = parameters, g = gradient, m = ms, v = vs)
        {
            // One chunk at a time, so that each loop finds the previous one's results in the cache.
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
                    case VectorWidth.Bits128:
                        whole = count / 2 * 2;
                        Update<ExactLanes2>(p + i, g + i, m + i, v + i, whole, scale, learningRate, keep);
                        break;
                }
                var j = i + whole;
                Update<ExactLanes1>(p + j, g + j, m + j, v + j, count - whole, scale, learningRate, keep);
            }
        }
    }

    // Three branchless loops instead of one with branches: what libm must decide is noted and looked up between them.
    // count is a whole number of vectors, at most Chunk; nothing beyond count is read or written.
    [SkipLocalsInit]
    static unsafe void Update<T>(
        double* p, double* g, double* m, double* v, int count, (double M, double V) scale, double learningRate,
        double keep)
        where T : unmanaged, IExactLanes<T>
    {
        var scratch = stackalloc double[Chunk];
        var doubts = stackalloc byte[Chunk + 8]; // one byte per vector, one bit per lane; read eight at a time
        *(ulong*)(doubts + count / T.Count) = 0;
        Square<T>(scratch, g, doubts, count);
        Ask<T>(scratch, g, 1, 2, doubts, count);
        Average<T>(m, v, g, scratch, scale.V, doubts, count);
        Ask<T>(scratch, v, scale.V, 0.5, doubts, count);
        Step<T>(p, m, scratch, scale.M, learningRate, keep, count);
    }

    // squares = g².
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static unsafe void Square<T>(double* squares, double* g, byte* doubts, int count) where T : unmanaged, IExactLanes<T>
    {
        for (nint i = 0; i < count; i += T.Count)
        {
            ExactMath.Square(T.Load(g + i), out var doubt).Store(squares + i);
            *doubts++ = (byte)doubt;
        }
    }

    // m and v; then roots, which are the squares at first, = √(v / scale).
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static unsafe void Average<T>(double* m, double* v, double* g, double* roots, double scale, byte* doubts, int count)
        where T : unmanaged, IExactLanes<T>
    {
        var divisor = T.All(scale);
        for (nint i = 0; i < count; i += T.Count)
        {
            var mean = T.All(Beta1) * T.Load(m + i) + T.All(1 - Beta1) * T.Load(g + i);
            var square = T.All(Beta2) * T.Load(v + i) + T.All(1 - Beta2) * T.Load(roots + i);
            mean.Store(m + i);
            square.Store(v + i);
            ExactMath.Root(square / divisor, out var doubt).Store(roots + i);
            *doubts++ = (byte)doubt;
        }
    }

    // p = keep · p - rate · (m / scale) / (roots + ε).
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static unsafe void Step<T>(double* p, double* m, double* roots, double scale, double rate, double keep, int count)
        where T : unmanaged, IExactLanes<T>
    {
        var (divisor, rates, keeps) = (T.All(scale), T.All(rate), T.All(keep));
        for (nint i = 0; i < count; i += T.Count)
        {
            var step = rates * (T.Load(m + i) / divisor) / (T.Load(roots + i) + T.All(Epsilon));
            (keeps * T.Load(p + i) - step).Store(p + i);
        }
    }

    // powers = (|x| / divisor)^exponent where libm must decide: powers of negative numbers take it longer.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static unsafe void Ask<T>(double* powers, double* x, double divisor, double exponent, byte* doubts, int count)
        where T : unmanaged, IExactLanes<T>
    {
        for (var k = 0; k < count; k += 8 * T.Count)
        {
            for (var bits = *(ulong*)(doubts + k / T.Count); bits != 0; bits &= bits - 1)
            {
                var bit = BitOperations.TrailingZeroCount(bits);
                var i = k + bit / 8 * T.Count + bit % 8;
                powers[i] = Libm.Pow(Math.Abs(x[i]) / divisor, exponent);
            }
        }
    }
}
