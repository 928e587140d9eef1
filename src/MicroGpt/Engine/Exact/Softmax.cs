using System.Runtime.CompilerServices;

namespace MicroGpt;

/// <summary>Turns numbers into probabilities: exp(x - max) · total⁻¹, with the reference's bits.</summary>
static class Softmax
{
    /// <summary>Scores [n] -> probabilities [n], which add up to 1; both may be the same memory.</summary>
    /// <exception cref="ArgumentException">There are no scores, or the lengths differ.</exception>
    public static unsafe void Apply(ReadOnlySpan<double> scores, Span<double> probabilities, VectorWidth? width = null)
    {
        if (scores.IsEmpty || scores.Length != probabilities.Length)
        {
            throw new ArgumentException($"{scores.Length} scores, {probabilities.Length} probabilities", nameof(scores));
        }
        fixed (double* from = scores, to = probabilities)
        {
            switch (width ?? VectorWidths.InUse)
            {
                case VectorWidth.Bits512: Apply<ExactLanes8>(from, to, scores.Length); break;
                case VectorWidth.Bits256: Apply<ExactLanes4>(from, to, scores.Length); break;
                case VectorWidth.Bits128: Apply<ExactLanes2>(from, to, scores.Length); break;
                default: Apply<ExactLanes1>(from, to, scores.Length); break;
            }
        }
    }

    // Reads and writes n numbers and nothing beyond.
    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static unsafe void Apply<T>(double* scores, double* probabilities, int n) where T : unmanaged, IExactLanes<T>
    {
        var max = scores[0];
        for (var i = 1; i < n; i++)
        {
            max = scores[i] > max ? scores[i] : max;
        }
        new ReadOnlySpan<double>(scores, n).CopyTo(new(probabilities, n));
        var whole = n / T.Count * T.Count;
        ExactMath.Exp(T.All(max), probabilities, T.Count, n / T.Count);
        if (whole < n)
        {
            // An incomplete vector is padded with numbers whose exp is 1.
            var last = stackalloc double[T.Count];
            for (var i = 0; i < T.Count; i++)
            {
                last[i] = whole + i < n ? probabilities[whole + i] : max;
            }
            ExactMath.Exp(T.All(max), last, T.Count, 1);
            new ReadOnlySpan<double>(last, n - whole).CopyTo(new(probabilities + whole, n - whole));
        }
        double total = 0;
        for (var i = 0; i < n; i++)
        {
            total += probabilities[i];
        }
        var inverse = Libm.Pow(total, -1);
        for (var i = 0; i < n; i++)
        {
            probabilities[i] *= inverse;
        }
    }
}
