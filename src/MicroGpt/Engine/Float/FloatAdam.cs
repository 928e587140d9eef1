using System.Runtime.CompilerServices;

namespace MicroGpt;

/// <summary>
/// Adam in float32, shared by a crew, with decoupled weight decay (Loshchilov and Hutter, 2017), which with 0 is the
/// reference's Adam.
/// </summary>
sealed unsafe class FloatAdam
{
    const float Beta1 = 0.85f;
    const float Beta2 = 0.99f;
    const float Epsilon = 1e-8f;
    const int Chunk = 4096; // numbers that a thread takes at a time

    readonly Crew crew;
    readonly int width;
    readonly float weightDecay;
    readonly Action<int> updateChunk;
    float* p, g; // during Update
    float rate, keep, mScale, vScale;

    public FloatAdam(Crew crew, int count, double weightDecay, int width)
    {
        (this.crew, this.weightDecay, this.width) = (crew, (float)weightDecay, width);
        (M, V) = (new float[count], new float[count]);
        updateChunk = UpdateChunk;
    }

    /// <summary>The running means of the gradient and of its square.</summary>
    public float[] M { get; }

    public float[] V { get; }

    /// <summary>As <see cref="ExactAdam.Update"/>, after each parameter was made smaller by rate · decay of itself.</summary>
    public void Update(Span<float> parameters, ReadOnlySpan<float> gradient, int step, double learningRate)
    {
        mScale = (float)(1 / (1 - Math.Pow(0.85, step + 1)));
        vScale = (float)(1 / (1 - Math.Pow(0.99, step + 1)));
        rate = (float)learningRate;
        keep = 1 - rate * weightDecay;
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
        var whole = count / (2 * width) * (2 * width);
        switch (width)
        {
            case 8: Update<FloatLanes16>(i, whole); break;
            case 4: Update<FloatLanes8>(i, whole); break;
            default: whole = 0; break;
        }
        Update<FloatLanes1>(i + whole, count - whole);
    }

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
