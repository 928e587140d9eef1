using System.Runtime.CompilerServices;

namespace MicroGpt;

static partial class Libm
{
    const ulong OneBits = (ulong)Bias << 52, InfinityBits = 2047UL << 52, SignBit = 1UL << 63;

    /// <summary>
    /// xʸ, with an error below 0.509 of the last place plus that of the logarithm, |y · ln x| · 1.3 · 2⁻¹⁵ of it. The
    /// method: e^(y · ln x), with ln x as a sum of two doubles. Source: e_pow.c of glibc 2.28.
    /// </summary>
    public static double Pow(double x, double y)
    {
        var (xBits, yBits) = (ToBits(x), ToBits(y));
        ulong sign = 0;
        // x normal and above 0, and 2⁻⁶⁵ ≤ |y| < 2⁶³? All else is looked at one by one.
        if (xBits - (1UL << 52) >= (2046UL << 52) || (uint)(Exponent(yBits) - (Bias - 65)) >= 65 + 63)
        {
            if (IsZeroInfiniteOrNaN(xBits) || IsZeroInfiniteOrNaN(yBits))
            {
                return PowOfLimits(x, y);
            }
            if (x < 0)
            {
                if (!IsWhole(yBits))
                {
                    return double.NaN;
                }
                sign = IsOdd(yBits) ? Negative : 0;
                xBits &= ~SignBit;
            }
            if ((uint)(Exponent(yBits) - (Bias - 65)) >= 65 + 63)
            {
                return PowOfExtremes(xBits, y);
            }
            if (Exponent(xBits) == 0)
            {
                xBits = (ToBits(x * PowerOfTwo(52)) & ~SignBit) - (52UL << 52);
            }
        }
        var log = Log(xBits, out var rest);
        var product = y * log;
        return Exp(product, Fused.MultiplyAdd(y, rest, Fused.MultiplyAdd(y, log, -product)), sign);
    }

    // ln x and what it lacks, some 15 bits more. As Log, with more digits in the table and more exact sums; the bits of
    // a subnormal x, normalized, have an exponent below 0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static double Log(ulong bits, out double rest)
    {
        var beyond = bits - 0x3FE6955500000000; // what x has beyond 0.7057, in the middle between two of the table's 1/c
        var k = (double)((long)beyond >> 52);
        var at = 3 * (int)(beyond >> 45 & 127);
        var r = Fused.MultiplyAdd(FromBits(bits - (beyond & 0xFFFUL << 52)), PowTable[at], -1);
        var whole = Fused.MultiplyAdd(k, Ln2High, PowTable[at + 1]);
        var sum = whole + r;
        var low = Fused.MultiplyAdd(k, Ln2Low, PowTable[at + 2]) + (whole - sum + r);
        // ln(1 + r) = r - r²/2 + r³ · (a polynomial in r).
        var half = -0.5 * r;
        var halfSquare = r * half;
        var high = sum + halfSquare;
        low += Fused.MultiplyAdd(half, r, -halfSquare);
        low += sum - high + halfSquare;
        var first = Fused.MultiplyAdd(r, 0.5000000000000007, -0.6666666666666679);
        var second = Fused.MultiplyAdd(r, -0.6666666663487739, 0.7999999995323976);
        var third = Fused.MultiplyAdd(r, 1.0000415263675542, -1.142909628459501);
        var tail = Fused.MultiplyAdd(halfSquare, Fused.MultiplyAdd(third, halfSquare, second), first);
        low = Fused.MultiplyAdd(r * halfSquare, tail, low);
        var log = high + low;
        rest = high - log + low;
        return log;
    }

    // x or y is 0, infinite or NaN.
    static double PowOfLimits(double x, double y)
    {
        if (IsSignaling(x) || IsSignaling(y))
        {
            return double.NaN;
        }
        if (y == 0 || x == 1)
        {
            return 1;
        }
        if (double.IsNaN(x) || double.IsNaN(y))
        {
            return double.NaN;
        }
        if (double.IsInfinity(y))
        {
            var size = Math.Abs(x);
            return size == 1 ? 1 : size > 1 == y > 0 ? double.PositiveInfinity : 0;
        }
        var grows = x == 0 == y < 0; // x is 0 or infinite
        var limit = grows ? double.PositiveInfinity : 0;
        return double.IsNegative(x) && IsOdd(ToBits(y)) ? -limit : limit;
    }

    // x is above 0, y so close to 0 that the result is next to 1, or so far from 0 that the result is 1, 0 or infinity.
    static double PowOfExtremes(ulong xBits, double y)
    {
        if (xBits == OneBits)
        {
            return 1;
        }
        if (Math.Abs(y) < 1)
        {
            return xBits > OneBits ? 1 + y : 1 - y;
        }
        return xBits > OneBits == y > 0 ? double.PositiveInfinity : 0;
    }

    // A NaN of the kind that no operation yields: even its 0th power is NaN.
    static bool IsSignaling(double x) => double.IsNaN(x) && (ToBits(x) & 1UL << 51) == 0;

    static bool IsZeroInfiniteOrNaN(ulong bits) => 2 * bits - 1 >= 2 * InfinityBits - 1;

    // The bits of a finite number other than 0. Is it whole, is it odd? Every double from 2⁵³ on is even.
    static bool IsWhole(ulong bits) =>
        Exponent(bits) >= Bias + 52 || Exponent(bits) >= Bias && (bits & BelowOne(bits)) == 0;

    static bool IsOdd(ulong bits) =>
        Exponent(bits) is >= Bias and <= Bias + 52 && (bits & BelowOne(bits)) == 0 && (bits & BelowOne(bits) + 1) != 0;

    // The bits that stand for 1/2, 1/4 and so on.
    static ulong BelowOne(ulong bits) => (1UL << Bias + 52 - Exponent(bits)) - 1;
}
