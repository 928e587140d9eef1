using System.Runtime.CompilerServices;

namespace MicroGpt;

/// <summary>
/// The Muon optimizer (Jordan and others, 2024) for the matrices of the layers, shared by a crew. Adam scales each number
/// of a step by itself; Muon scales the directions of a matrix's step: it takes the running mean of the gradient and makes
/// all its singular values about 1, so that the model learns from rare directions as fast as from common ones.
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

    // A matrix, [Rows, Columns], and memory: X, Y [long side, short side], Gram, Polynomial [short side, short side].
    readonly record struct Matrix(int Rows, int Columns, int Offset, nint X, nint Y, nint Gram, nint Polynomial);

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
            var (all, square) = (matrix.Rows * matrix.Columns, Square(Math.Min(matrix.Rows, matrix.Columns)));
            return new Matrix(matrix.Rows, matrix.Columns, matrix.Offset - first,
                Take(all), Take(all), Take(square), Take(square));
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

        nint Take(long numbers) => (nint)scratch.TakeFloats(numbers);
    }

    /// <summary>The running mean of the gradient, one number for each number of the matrices.</summary>
    public float[] M { get; }

    /// <summary>How many float32 numbers the constructor takes for a model: the mean and the memory.</summary>
    public static double Numbers(TrainingOptions options)
    {
        double d = options.NEmbd;
        var squareOnes = 4 * (3 * d * d + 2 * Square(d));
        var longOnes = 2 * (3 * 4 * d * d + 2 * Square(d));
        return options.NLayer * (squareOnes + longOnes);
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
            throw new ArgumentException($"{parameters.Length} parameters and {gradient.Length} gradients for {count} means");
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
        var (rows, columns, n) = (matrix.Rows, matrix.Columns, matrix.Rows * matrix.Columns);
        var (tall, isWide) = (Math.Max(rows, columns), rows < columns);
        float* x = (float*)matrix.X, y = (float*)matrix.Y;
        var ahead = isWide ? y : x;
        var scale = (float)(1 / Math.Max(1e-30, LookAhead(matrix.Offset, n, ahead)));
        for (var i = 0; i < n; i++)
        {
            ahead[i] *= scale; // no singular value is above the norm, which is now 1
        }
        if (isWide)
        {
            Transpose(y, x, rows, columns);
        }
        for (var i = 0; i < Iterations; i++)
        {
            Iterate<T>(x, y, (float*)matrix.Gram, (float*)matrix.Polynomial, tall, n / tall);
            var result = y;
            y = x;
            x = result;
        }
        if (isWide)
        {
            Transpose(x, y, columns, rows);
            x = y;
        }
        var step = -rate * Length * MathF.Sqrt(tall);
        var to = p + matrix.Offset;
        for (var i = 0; i < n; i++)
        {
            to[i] = MathF.FusedMultiplyAdd(step, x[i], keep * to[i]);
        }
    }

    // Updates the mean, writes the mean as the next step will see this gradient (Nesterov), and returns its norm.
    double LookAhead(int offset, int n, float* ahead)
    {
        double a = 0, b = 0;
        fixed (float* m = &M[offset])
        {
            for (var i = 0; i < n; i++)
            {
                var share = (1 - Momentum) * g[offset + i];
                m[i] = MathF.FusedMultiplyAdd(Momentum, m[i], share);
                ahead[i] = MathF.FusedMultiplyAdd(Momentum, m[i], share);
                (a, b) = (b, a + (double)ahead[i] * ahead[i]); // two sums in turn
            }
        }
        return Math.Sqrt(a + b);
    }

    // x -> y = x · (A + B·xᵀx + C·(xᵀx)²), both [tall, side]: the polynomial of each singular value (Newton and Schulz).
    static void Iterate<T>(float* x, float* y, float* gram, float* polynomial, int tall, int side)
        where T : unmanaged, IFloatLanes<T>
    {
        FloatKernel.ProductWithin<T>(gram, side, false, x, 1, side, x, side, side, side, tall);
        FloatKernel.ProductWithin<T>(polynomial, side, false, gram, side, 1, gram, side, side, side, side);
        for (var i = 0; i < side * side; i += T.Count)
        {
            T.Fma(T.All(C), T.Load(polynomial + i), T.All(B) * T.Load(gram + i)).Store(polynomial + i);
        }
        for (var i = 0; i < side; i++)
        {
            polynomial[i * side + i] += A;
        }
        FloatKernel.ProductWithin<T>(y, side, false, x, side, 1, polynomial, side, tall, side, side);
    }

    // from [rows, columns] -> to [columns, rows].
    static void Transpose(float* from, float* to, int rows, int columns)
    {
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                to[(nint)column * rows + row] = from[(nint)row * columns + column];
            }
        }
    }

    // The numbers of a square, and room for what the last vector writes past them.
    static long Square(int side) => (long)side * side + 15;

    static double Square(double side) => side * side + 15;
}
