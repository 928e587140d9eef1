using System.Runtime.CompilerServices;

namespace MicroGpt;

/// <summary>
/// <see cref="ExactAdam"/> in float32, shared by a crew.
/// </summary>
sealed unsafe class FloatAdam
{
    const float Beta1 = 0.85f;
    const float Beta2 = 0.99f;
    const float Epsilon = 1e-8f;
    const int Chunk = 16384; // numbers per part: a few microseconds, less is not worth sharing

    readonly Crew crew;
    readonly VectorWidth width;
    readonly Action<int> updateChunk;
    float* p, g; // during Update
    float rate, keep, mScale, vScale;

    public FloatAdam(Crew crew, int count, Moments? moments, VectorWidth width)
    {
        (this.crew, this.width) = (crew, width);
        (M, V) = (new float[count], new float[count]);
        for (var i = 0; i < count && moments != null; i++)
        {
            (M[i], V[i]) = ((float)moments.M[i], (float)moments.V[i]);
        }
        updateChunk = UpdateChunk;
    }

    /// <summary>The running mean of the gradient, one number for each parameter.</summary>
    public float[] M { get; }

    /// <summary>The running mean of the gradient's square, one number for each parameter.</summary>
    public float[] V { get; }

    /// <summary>As <see cref="ExactAdam.Update"/>.</summary>
    public void Update(
        Span<float> parameters, ReadOnlySpan<float> gradient, int step, double learningRate, double weightDecay = 0)
    {
        if (parameters.Length != M.Length || gradient.Length != M.Length)
        {
            throw new ArgumentException(
                $"{parameters.Length} parameters and {gradient.Length} gradients for {M.Length} moments");
        }
        mScale = (float)(1 / (1 - Libm.Pow(0.85, step + 1)));
        vScale = (float)(1 / (1 - Libm.Pow(0.99, step + 1)));
        rate = (float)learningRate;
        keep = 1 - rate * (float)weightDecay;
        fixed (float* pStart = parameters, gStart = gradient)
        {
            p = pStart;
            g = gStart;
            crew.Run((M.Length + Chunk - 1) / Chunk, updateChunk);
        }
    }

    void UpdateChunk(int chunk)
    {
        var i = chunk * Chunk;
        var count = Math.Min(Chunk, M.Length - i);
        var whole = 0;
        switch (width)
        {
            case VectorWidth.Bits512: Update<FloatLanes16>(i, whole = count / 16 * 16); break;
            case VectorWidth.Bits256: Update<FloatLanes8>(i, whole = count / 8 * 8); break;
        }
        Update<FloatLanes1>(i + whole, count - whole);
    }

    // count is a whole number of vectors; nothing beyond is read or written.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Update<T>(int start, int count) where T : unmanaged, IFloatLanes<T>
    {
        var (keepAll, rateAll) = (T.All(keep), T.All(-rate * mScale));
        fixed (float* m = M, v = V)
        {
            for (var i = start; i < start + count; i += T.Count)
            {
                var gradient = T.Load(g + i);
                var mean = T.Fma(T.All(1 - Beta1), gradient, T.All(Beta1) * T.Load(m + i));
                var square = T.Fma(T.All(1 - Beta2) * gradient, gradient, T.All(Beta2) * T.Load(v + i));
                mean.Store(m + i);
                square.Store(v + i);
                var root = T.Sqrt(square * T.All(vScale)) + T.All(Epsilon);
                T.Fma(rateAll, mean / root, keepAll * T.Load(p + i)).Store(p + i);
            }
        }
    }
}
