using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace MicroGpt;

/// <summary>
/// A product and a sum with one rounding, on any machine: by the processor's own instruction, or, where it has none (x64
/// before 2013, WebAssembly), by sums and products of doubles that leave no rest. C's fma, which .NET calls there, is
/// another function in each C library.
/// </summary>
static class Fused
{
    /// <summary>Known when the code is compiled: the other branch costs nothing.</summary>
    static bool InHardware => Fma.IsSupported || AdvSimd.IsSupported;

    /// <summary>
    /// a · b + c, rounded once. In software only for finite numbers whose product is 0 or between 2⁻⁹⁶⁰ and 2¹⁰²⁰, with
    /// factors below 2⁹⁹⁶; nothing here needs more.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double MultiplyAdd(double a, double b, double c) =>
        InHardware ? Math.FusedMultiplyAdd(a, b, c) : InSoftware(a, b, c);

    /// <summary>c - a · b, rounded once, where c differs from a · b in the last few bits only.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Rest(double c, double a, double b)
    {
        if (InHardware)
        {
            return Math.FusedMultiplyAdd(-a, b, c);
        }
        var product = a * b;
        return c - product - ProductRest(a, b, product);
    }

    /// <summary>
    /// The same without the instruction, by Boldo and Melquiond (Emulation of a FMA and correctly rounded sums, 2008): the
    /// sum of two small parts is rounded to odd, so that the last addition rounds as if it saw all of it.
    /// </summary>
    public static double InSoftware(double a, double b, double c)
    {
        var product = a * b;
        var productRest = ProductRest(a, b, product);
        var low = c + productRest;
        var sum = product + low;
        return sum + SumToOdd(SumRest(c, productRest, low), SumRest(product, low, sum));
    }

    // a · b - product, exactly: each factor is split into two of 26 bits, whose products are doubles (Dekker, 1971).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static double ProductRest(double a, double b, double product)
    {
        const double split = (1 << 27) + 1;
        var aHigh = a * split - (a * split - a);
        var bHigh = b * split - (b * split - b);
        var (aLow, bLow) = (a - aHigh, b - bHigh);
        return aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow;
    }

    // a + b - sum, exactly (Knuth).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static double SumRest(double a, double b, double sum)
    {
        var ofB = sum - a;
        return a - (sum - ofB) + (b - ofB);
    }

    // a + b; if that is no double, then of the two doubles beside it the one whose last bit is 1.
    static double SumToOdd(double a, double b)
    {
        var sum = a + b;
        var rest = SumRest(a, b, sum);
        var bits = BitConverter.DoubleToInt64Bits(sum);
        return rest == 0 || (bits & 1) != 0
            ? sum
            : BitConverter.Int64BitsToDouble(rest > 0 == sum > 0 ? bits + 1 : bits - 1);
    }
}
