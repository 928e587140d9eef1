using System.Runtime.CompilerServices;

namespace MicroGpt;

/// <summary>
/// The Muon optimizer (Jordan and others, 2024) for the matrices of the layers, shared by a crew. Adam scales each number
/// of a step by itself; Muon scales the directions of a matrix's step: it takes the running mean of the gradient and
/// makes all its singular values about 1, so that the model learns from rare directions as fast as from common ones.
/// </summary>
/// <remarks>
/// A step's numbers are about as large for every shape of matrix (Liu and others, "Muon is scalable for LLM training",
/// 2025), and so large that the learning rates that suit Adam suit Muon; docs/models.md has the trials.
/// </remarks>
sealed unsafe class FloatMuon
{
    const float Momentum = 0.9f;
    const float Length = 0.4f; // of a step divided by the learning rate: the root of the mean square of its numbers

    // The iteration s -> A·s + B·s³ + C·s⁵ brings every s from 0.002 to 1 to between 0.7 and 1.2 (Jordan's numbers).
    const int Iterations = 5;
    const float A = 3.4445f, B = -4.775f, C = 2.0315f;

    // Rows of a symmetric product at a time. (A multiple of the rows of every tile.)
    const int Panel = 48;

    // A matrix, [Rows, Columns], and memory: X, Y [long side, short side], Gram and others [short side, short side],
    // whose rows are Stride numbers apart.
    readonly record struct Matrix(int Rows, int Columns, int Offset, int Stride,
        nint X, nint Y, nint Gram, nint Factor, nint Product, nint Spare);

    readonly Crew crew;
    readonly int count; // numbers in the matrices
    readonly Matrix[] matrices;
    readonly PinnedMemory scratch;
    readonly Action<int> updateMatrix;
    float* p, g; // during Update
    float rate, keep;

    /// <param name="crew">The threads.</param>
    /// <param name="layout">Where the matrices are.</param>
    /// <param name="moments">The state of a resumed run, for all parameters.</param>
    /// <param name="width">Of the vectors.</param>
    /// <param name="scratch">The memory of the iteration.</param>
    public FloatMuon(Crew crew, ParameterLayout layout, Moments? moments, VectorWidth width, PinnedMemory scratch)
    {
        (this.crew, this.scratch) = (crew, scratch);
        var first = layout.OfEmbeddings;
        count = layout.Length - first;
        M = new float[count];
        for (var i = 0; i < count && moments != null; i++)
        {
            M[i] = (float)moments.M[first + i];
        }
        matrices = [.. layout.Matrices.Where(matrix => matrix.Offset >= first).Select(matrix =>
        {
            var (tall, side) = (Math.Max(matrix.Rows, matrix.Columns), Math.Min(matrix.Rows, matrix.Columns));
            var stride = (int)Shard.StrideOf(side);
            return new Matrix(matrix.Rows, matrix.Columns, matrix.Offset - first, stride,
                Take(tall), Take(tall), Take(side), Take(side), Take(side), Take(side));

            nint Take(int rows) => (nint)scratch.TakeFloats((long)rows * stride);
        })];
        updateMatrix = index =>
        {
            switch (width)
            {
                case VectorWidth.Bits512: Update<FloatLanes16>(matrices[index]); break;
                case VectorWidth.Bits256: Update<FloatLanes8>(matrices[index]); break;
                default: Update<FloatLanes1>(matrices[index]); break;
            }
        };
    }

    /// <summary>The running mean of the gradient, one number for each number of the matrices.</summary>
    public float[] M { get; }

    /// <summary>How many float32 numbers the constructor takes for a model: the mean and the memory.</summary>
    public static double Numbers(TrainingOptions options)
    {
        double d = options.NEmbd;
        var memory = (4 * (2 * d + 4 * d) + 2 * (2 * 4 * d + 4 * d)) * Shard.StrideOf(d);
        return options.NLayer * (12 * d * d + memory);
    }

    /// <summary>
    /// For each matrix: m = β·m + (1-β)·g; p -= rate·0.4·√(long side)·O(β·m + (1-β)·g), where O makes all singular values
    /// about 1. Weight decay comes first: p -= rate·decay·p.
    /// </summary>
    /// <param name="parameters">The numbers of the matrices, [count].</param>
    /// <param name="gradient">The derivative of the loss with respect to each, [count].</param>
    /// <param name="learningRate">The learning rate of this step.</param>
    /// <param name="weightDecay">Shrinks each number by this fraction times the learning rate.</param>
    public void Update(Span<float> parameters, ReadOnlySpan<float> gradient, double learningRate, double weightDecay = 0)
    {
        if (parameters.Length != count || gradient.Length != count)
        {
            throw new ArgumentException(
                $"{parameters.Length} parameters and {gradient.Length} gradients for {count} means");
        }
        rate = (float)learningRate;
        keep = 1 - rate * (float)weightDecay;
        fixed (float* pStart = parameters, gStart = gradient)
        {
            p = pStart;
            g = gStart;
            crew.Run(matrices.Length, updateMatrix);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Update<T>(in Matrix matrix) where T : unmanaged, IFloatLanes<T>
    {
        var (rows, columns) = (matrix.Rows, matrix.Columns);
        var (tall, isWide) = (Math.Max(rows, columns), rows < columns);
        float* x = (float*)matrix.X, y = (float*)matrix.Y;
        nint toRow = isWide ? 1 : matrix.Stride, toColumn = isWide ? matrix.Stride : 1; // a wide matrix is transposed
        var scale = (float)(1 / Math.Max(1e-30, LookAhead(matrix, x, toRow, toColumn)));
        for (var i = 0; i < tall * matrix.Stride; i++)
        {
            x[i] *= scale; // no singular value is above the norm, which is now 1
        }
        Orthogonalize<T>(matrix, x, y, tall, Math.Min(rows, columns));
        var step = -rate * Length * MathF.Sqrt(tall);
        var to = p + matrix.Offset;
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++, to++)
            {
                *to = MathF.FusedMultiplyAdd(step, y[row * toRow + column * toColumn], keep * *to);
            }
        }
    }

    // Updates the mean, writes to x the mean as the next step will see this gradient (Nesterov), and returns its norm.
    double LookAhead(in Matrix matrix, float* x, nint toRow, nint toColumn)
    {
        double a = 0, b = 0;
        fixed (float* first = &M[matrix.Offset])
        {
            float* m = first, gradient = g + matrix.Offset;
            for (var row = 0; row < matrix.Rows; row++)
            {
                for (var column = 0; column < matrix.Columns; column++, m++, gradient++)
                {
                    var share = (1 - Momentum) * *gradient;
                    *m = MathF.FusedMultiplyAdd(Momentum, *m, share);
                    var ahead = MathF.FusedMultiplyAdd(Momentum, *m, share);
                    x[row * toRow + column * toColumn] = ahead;
                    (a, b) = (b, a + (double)ahead * ahead); // two sums in turn
                }
            }
        }
        return Math.Sqrt(a + b);
    }

    // x -> y = x · p(xᵀx), both [tall, side], where p is such that each singular value is taken through the iterations. x
    // itself takes part only at the beginning and the end: an iteration multiplies x by a polynomial of its Gram matrix,
    // xᵀx -> A + B·xᵀx + C·(xᵀx)², so the Gram matrix and the product of the polynomials are enough. All are symmetric.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Orthogonalize<T>(in Matrix matrix, float* x, float* y, int tall, int side)
        where T : unmanaged, IFloatLanes<T>
    {
        int stride = matrix.Stride;
        float* gram = (float*)matrix.Gram, factor = (float*)matrix.Factor;
        float* product = (float*)matrix.Product, spare = (float*)matrix.Spare;
        Symmetric<T>(gram, x, 1, stride, x, stride, side, tall);
        for (var i = 0; i < Iterations; i++)
        {
            var polynomial = i == 0 ? product : factor;
            Symmetric<T>(polynomial, gram, stride, 1, gram, stride, side, side);
            for (var k = 0; k < side * stride; k += T.Count)
            {
                T.Fma(T.All(C), T.Load(polynomial + k), T.All(B) * T.Load(gram + k)).Store(polynomial + k);
            }
            for (var k = 0; k < side; k++)
            {
                polynomial[k * stride + k] += A;
            }
            if (i + 1 < Iterations)
            {
                Symmetric<T>(spare, gram, stride, 1, polynomial, stride, side, side);
                Symmetric<T>(gram, spare, stride, 1, polynomial, stride, side, side);
            }
            if (i > 0)
            {
                Symmetric<T>(spare, product, stride, 1, polynomial, stride, side, side);
                var result = spare;
                spare = product;
                product = result;
            }
        }
        FloatKernel.ProductWithin<T>(y, stride, false, x, stride, 1, product, stride, tall, side, side);
    }

    // c = a · b, [side, side], where the product is known to be symmetric: only blocks that touch the lower triangle are
    // computed, then copied. Rows and terms of a are aRow and aTerm numbers apart; rows of b and c, stride.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Symmetric<T>(float* c, float* a, nint aRow, nint aTerm, float* b, nint stride, int side, int terms)
        where T : unmanaged, IFloatLanes<T>
    {
        for (var row = 0; row < side; row += Panel)
        {
            var rows = Math.Min(Panel, side - row);
            FloatKernel.ProductWithin<T>(
                c + row * stride, stride, false, a + row * aRow, aRow, aTerm, b, stride, rows, row + rows, terms);
        }
        for (var row = 0; row < side; row++)
        {
            for (var column = row + 1; column < side; column++)
            {
                c[row * stride + column] = c[column * stride + row];
            }
        }
    }
}
