using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace MicroGpt.Bench;

/// <summary>The ladder of matrix products; each rung is checked against the lowest before it is timed.</summary>
static unsafe class MatrixProducts
{
    /// <summary>The machine's peak: float32 operations per nanosecond, two per lane of a fused multiply-add.</summary>
    public static double Peak(VectorWidth width)
    {
        const int turns = 5_000_000;
        var best = 0.0;
        for (var repeat = 0; repeat < 9; repeat++)
        {
            var watch = Stopwatch.StartNew();
            var lanes = width switch
            {
                VectorWidth.Bits512 => Spin<FloatLanes16>(turns),
                VectorWidth.Bits256 => Spin<FloatLanes8>(turns),
                _ => Spin<FloatLanes1>(turns),
            };
            best = Math.Max(best, 2.0 * 12 * lanes * turns / watch.Elapsed.TotalNanoseconds);
        }
        return best;
    }

    // Twelve independent sums, without memory access.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    static int Spin<T>(int turns) where T : unmanaged, IFloatLanes<T>
    {
        var (x, y) = (T.All(1.0001f), T.All(1e-9f));
        var (a, b, c, d, e, f) = (x, x, x, x, x, x);
        var (g, h, i, j, k, l) = (x, x, x, x, x, x);
        for (var turn = 0; turn < turns; turn++)
        {
            (a, b, c) = (T.Fma(x, y, a), T.Fma(x, y, b), T.Fma(x, y, c));
            (d, e, f) = (T.Fma(x, y, d), T.Fma(x, y, e), T.Fma(x, y, f));
            (g, h, i) = (T.Fma(x, y, g), T.Fma(x, y, h), T.Fma(x, y, i));
            (j, k, l) = (T.Fma(x, y, j), T.Fma(x, y, k), T.Fma(x, y, l));
        }
        var memory = stackalloc float[16];
        (a + b + c + d + e + f + g + h + i + j + k + l).Store(memory);
        return memory[0] != 0 ? T.Count : 0;
    }

    /// <summary>Operations per nanosecond of [rows, terms] x [terms, columns] on one rung; null is the lowest.</summary>
    /// <exception cref="InvalidOperationException">The rung does not give the bits of the lowest.</exception>
    public static double Measure(VectorWidth? width, int rows, int terms, int columns)
    {
        var stride = (columns / 16 | 1) * 16;
        var random = new Random(1);
        var (a, x) = (Numbers(rows * terms), Numbers(terms * stride));
        var (c, expected) = (new float[rows * stride + 16], new float[rows * stride + 16]);
        fixed (float* pa = a, px = x, pc = c, pe = expected)
        {
            Naive(pe, pa, px, rows, terms, columns, stride);
            Multiply(width, pc, pa, px, rows, terms, columns, stride);
            for (var i = 0; i < rows * stride; i++)
            {
                if (i % stride < columns && c[i] != expected[i])
                {
                    throw new InvalidOperationException($"{width}: row {i / stride}, column {i % stride} differs");
                }
            }
            var operations = 2.0 * rows * terms * columns;
            var turns = (int)(width == null ? 2e8 / operations : 2e9 / operations) + 1;
            var rates = new double[9];
            for (var repeat = 0; repeat < rates.Length; repeat++)
            {
                var watch = Stopwatch.StartNew();
                for (var turn = 0; turn < turns; turn++)
                {
                    Multiply(width, pc, pa, px, rows, terms, columns, stride);
                }
                rates[repeat] = operations * turns / watch.Elapsed.TotalNanoseconds;
            }
            return Spread.Of(rates).Median;
        }

        float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }

    static void Multiply(VectorWidth? width, float* c, float* a, float* x, int rows, int terms, int columns, int stride)
    {
        switch (width)
        {
            case null: Naive(c, a, x, rows, terms, columns, stride); break;
            case VectorWidth.Scalar:
                FloatKernel.Product<FloatLanes1>(c, stride, false, a, terms, 1, x, stride, rows, columns, terms);
                break;
            case VectorWidth.Bits256:
                FloatKernel.Product<FloatLanes8>(c, stride, false, a, terms, 1, x, stride, rows, columns, terms);
                break;
            default:
                FloatKernel.Product<FloatLanes16>(c, stride, false, a, terms, 1, x, stride, rows, columns, terms);
                break;
        }
    }

    // The lowest rung: three loops.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Naive(float* c, float* a, float* x, int rows, int terms, int columns, int stride)
    {
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                float sum = 0;
                for (var term = 0; term < terms; term++)
                {
                    sum = MathF.FusedMultiplyAdd(a[row * terms + term], x[term * stride + column], sum);
                }
                c[row * stride + column] = sum;
            }
        }
    }
}
