using System.Numerics;
using System.Runtime.CompilerServices;

namespace MicroGpt;

/// <summary>
/// exp and powers with the bits of <see cref="Libm"/>, many at a time. Each result is computed as a sum hi + lo, far more
/// precise than libm: hi is the double nearest to the true value, lo the remainder. libm also rounds a value that is
/// nearly true, so it can differ only where the true value is very close to the midpoint between two doubles. There, and
/// where libm's error bound does not apply, libm itself is called. docs/exactness.md has the argument and the numbers.
/// </summary>
static class ExactMath
{
    /// <summary>1.5 · 2⁵²: adding and subtracting it rounds a number to an integer.</summary>
    public const double Shift = 6755399441055744;

    // A result is in doubt within 1/64 of the distance between two doubles on either side of their midpoint: more than
    // libm's error. hi + lo · Guard no longer rounds to hi where |lo| > 1/2 - 1/64 of that distance.
    const double Guard = 32.0 / 31;

    // Powers from 2⁻¹²⁸ to 2¹²⁸: |y · ln x| is at most 88.8, and nothing underflows on the way.
    public const ulong SmallestBits = (1023 - 128UL) << 52;
    public const ulong LargestBits = (1023 + 128UL) << 52;

    /// <summary>The mantissa bits of a double.</summary>
    public const long Mantissa = (1L << 52) - 1;

    /// <summary>x[i] = Libm.Exp(x[i] - max) in each lane, for count vectors one step apart.</summary>
    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe void Exp<T>(T max, double* x, nint step, int count) where T : unmanaged, IExactLanes<T>
    {
        // Eight vectors without a branch, so that the processor can overlap them; then libm is called.
        var arguments = stackalloc double[8 * T.Count];
        for (; count > 0; count -= 8, x += 8 * step)
        {
            ulong doubts = 0;
            for (var i = 0; i < Math.Min(8, count); i++)
            {
                var argument = T.Load(x + i * step) - max;
                argument.Store(arguments + i * T.Count);
                Exp(argument, out var doubt).Store(x + i * step);
                doubts |= (ulong)doubt << 8 * i;
            }
            for (; doubts != 0; doubts &= doubts - 1)
            {
                var (i, lane) = Math.DivRem(BitOperations.TrailingZeroCount(doubts), 8);
                x[i * step + lane] = Libm.Exp(arguments[i * T.Count + lane]);
            }
        }
    }

    /// <summary>The exponential, and the lanes that need Libm.Exp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T Exp<T>(T x, out uint doubt) where T : unmanaged, IExactLanes<T>
    {
        if (T.Count == 1)
        {
            doubt = 1; // for one number, libm's table is faster than what follows
            return x;
        }
        // x = k·ln 2 + r, |r| ≤ ln 2 / 2; the first part of ln 2 ends in zeros, so that k times it is exact.
        var k = x * T.All(1.4426950408889634) + T.All(Shift) - T.All(Shift);
        var first = T.MultiplyAdd(k, T.All(-0.693147180559890330187045037746429443359375), x);
        var second = k * T.All(5.497923018708371174712471514e-14);
        var r = first - second;
        var rest = first - r - second;
        // eʳ = 1 + r + r²/2! + ... + r¹⁵/15!. The terms from r⁴ on are small enough for plain doubles, added in pairs for
        // speed; the earlier terms are sums of two doubles.
        var r2 = r * r;
        var r4 = r2 * r2;
        var a = T.MultiplyAdd(r, T.All(1.0 / 720), T.All(1.0 / 120));
        var b = T.MultiplyAdd(r, T.All(1.0 / 40320), T.All(1.0 / 5040));
        var c = T.MultiplyAdd(r, T.All(1.0 / 3628800), T.All(1.0 / 362880));
        var d = T.MultiplyAdd(r, T.All(1.0 / 479001600), T.All(1.0 / 39916800));
        var e = T.MultiplyAdd(r, T.All(1.0 / 87178291200), T.All(1.0 / 6227020800));
        var f = T.MultiplyAdd(r2, T.All(1.0 / 1307674368000), e);
        var tail = T.MultiplyAdd(r4, T.MultiplyAdd(r4, f, T.MultiplyAdd(r2, d, c)), T.MultiplyAdd(r2, b, a));
        var product = tail * r;
        var hi = T.All(1.0 / 24) + product;
        var lo = T.All(1.0 / 24) - hi + product + T.All(2.3129646346357427e-18);
        Horner(ref hi, ref lo, r, rest, 1.0 / 6);
        lo += T.All(9.25185853854297e-18);
        Horner(ref hi, ref lo, r, rest, 0.5);
        Horner(ref hi, ref lo, r, rest, 1);
        Horner(ref hi, ref lo, r, rest, 1);
        Normalize(ref hi, ref lo);
        doubt = Unclear(hi, lo, x) | T.Exceeds(T.Abs(x), T.All(700));
        return hi * T.Scale(k);
    }

    /// <summary>Libm.Pow(x, -1) of each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Inverse<T>(T x) where T : unmanaged, IExactLanes<T>
    {
        var hi = T.All(1) / x;
        var lo = T.Rest(T.All(1), hi, x) * hi;
        return Settle(hi, lo, x, -1);
    }

    /// <summary>Libm.Pow(x, -2) of each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T InverseSquare<T>(T x) where T : unmanaged, IExactLanes<T>
    {
        var square = x * x;
        var hi = T.All(1) / square;
        var lo = (T.Rest(T.All(1), hi, square) + hi * T.Rest(square, x, x)) * hi;
        Normalize(ref hi, ref lo);
        return Settle(hi, lo, x, -2);
    }

    /// <summary>Libm.Pow(x, -0.5) of each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T InverseRoot<T>(T x) where T : unmanaged, IExactLanes<T>
    {
        InverseRoot(x, out var hi, out var lo);
        return Settle(hi, lo, x, -0.5);
    }

    /// <summary>Libm.Pow(x, -1.5) of each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T InverseRootCube<T>(T x) where T : unmanaged, IExactLanes<T>
    {
        InverseRoot(x, out var root, out var rootRest);
        var inverse = T.All(1) / x;
        var inverseRest = T.Rest(T.All(1), inverse, x) * inverse;
        var hi = root * inverse;
        var lo = root * inverseRest + rootRest * inverse - T.Rest(hi, root, inverse);
        Normalize(ref hi, ref lo);
        return Settle(hi, lo, x, -1.5);
    }

    /// <summary>x², and the lanes that need Libm.Pow(x, 2).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Square<T>(T x, out uint doubt) where T : unmanaged, IExactLanes<T>
    {
        var square = x * x;
        // At a power of two, a rest that points down is compared with the smaller distance to the double below.
        var guarded = T.MultiplyAdd(T.Rest(square, x, x), T.All(-Guard), square);
        doubt = T.DifferOrExtreme(guarded, square, x);
        return square;
    }

    /// <summary>√x of x ≥ 0, and the lanes that need Libm.Pow(x, 0.5).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Root<T>(T x, out uint doubt) where T : unmanaged, IExactLanes<T>
    {
        var root = T.Sqrt(x);
        // The true root is root + rest / (2 · root); a division would cost as much as the root. An ulp is 2⁻⁵² of the
        // power of two below, so |rest| / (2 · root) < (1/2 - 1/64) ulp becomes a product. If root itself is a power of
        // two, the one below it is the limit: for a rest that points down, it must be.
        var rest = T.Rest(x, root, root);
        var limit = root * T.PowerOfTwoBelow(root) * T.All(2.220446049250313e-16 / Guard);
        doubt = T.ExceedsOrExtreme(T.Abs(rest), limit, root, x);
        return root;
    }

    // The true x^-0.5 is hi + lo: Newton's correction of a first guess, its error term computed exactly.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void InverseRoot<T>(T x, out T hi, out T lo) where T : unmanaged, IExactLanes<T>
    {
        hi = T.All(1) / T.Sqrt(x);
        var square = hi * hi;
        var error = T.Rest(T.All(1), square, x) + T.Rest(square, hi, hi) * x;
        lo = hi * (error * T.All(0.5));
        Normalize(ref hi, ref lo);
    }

    // hi + lo = (hi + lo) · (r + rest) + c, where c is larger than the product.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Horner<T>(ref T hi, ref T lo, T r, T rest, double c) where T : unmanaged, IExactLanes<T>
    {
        var product = hi * r;
        var error = T.MultiplyAdd(lo, r, hi * rest) - T.Rest(product, hi, r);
        hi = T.All(c) + product;
        lo = T.All(c) - hi + product + error;
    }

    // The same sum, with hi the double nearest to it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Normalize<T>(ref T hi, ref T lo) where T : unmanaged, IExactLanes<T>
    {
        var sum = hi + lo;
        lo = lo - (sum - hi);
        hi = sum;
    }

    // Whether hi + lo is so close to the midpoint between two doubles that libm may round to the other one. At a power of
    // two the answer is yes, because the doubles below it are closer together than those above; but for x = 0 the results
    // are exact.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static uint Unclear<T>(T hi, T lo, T x) where T : unmanaged, IExactLanes<T> =>
        T.Differ(T.MultiplyAdd(lo, T.All(Guard), hi), hi) | T.NoMantissa(hi) & T.Differ(x, T.All(0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T Settle<T>(T hi, T lo, T x, double exponent) where T : unmanaged, IExactLanes<T>
    {
        var doubt = Unclear(hi, lo, x) | T.Extreme(hi);
        return doubt == 0 ? hi : AskPow(hi, x, exponent, doubt);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    static T AskPow<T>(T result, T x, double exponent, uint lanes) where T : unmanaged, IExactLanes<T>
    {
        ref var results = ref Unsafe.As<T, double>(ref result);
        ref var xs = ref Unsafe.As<T, double>(ref x);
        for (var lane = 0; lane < T.Count; lane++)
        {
            if ((lanes >> lane & 1) != 0)
            {
                Unsafe.Add(ref results, lane) = Libm.Pow(Unsafe.Add(ref xs, lane), exponent);
            }
        }
        return result;
    }
}
