using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace MicroGpt;

/// <summary>
/// A product and a sum with one rounding, on any machine: by the processor's own instruction, or, where it has none (x64
/// before 2013), by sums and products of doubles that leave no rest. C's fma, which .NET calls there, is another function
/// in each C library; only in a browser it is a known one, musl's, exact and faster than what .NET would interpret.
/// </summary>
static class Fused
{
    /// <summary>Known when the code is compiled: the other branch costs nothing.</summary>
    public static bool InHardware => Fma.IsSupported || AdvSimd.IsSupported;

    /// <summary>
    /// a · b + c, rounded once. In software only for finite numbers whose product is 0 or between 2⁻⁹⁶⁰ and 2¹⁰²⁰, with
    /// factors below 2⁹⁹⁶; nothing here needs more.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double MultiplyAdd(double a, double b, double c) =>
        InHardware || OperatingSystem.IsBrowser() ? Math.FusedMultiplyAdd(a, b, c) : InSoftware(a, b, c);

    /// <summary>
    /// c - a · b, where c differs from a · b in the last few bits only: rounded once, or in software with an error below
    /// 2⁻⁷⁵ of c, in any case far less than what it is measured against.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Rest(double c, double a, double b) =>
        InHardware ? Math.FusedMultiplyAdd(-a, b, c) : RestInSoftware(c, a, b);

    /// <summary>
    /// The same without the instruction: the product of the first 26 bits is a double, the others are small.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double RestInSoftware(double c, double a, double b)
    {
        var (aHigh, bHigh) = (First26Bits(a), First26Bits(b));
        return c - aHigh * bHigh - (aHigh * (b - bHigh) + (a - aHigh) * b);
    }

    /// <summary>The same of two numbers at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<double> RestInSoftware(Vector128<double> c, Vector128<double> a, Vector128<double> b)
    {
        var first26Bits = Vector128.Create(-1L << 27).AsDouble();
        var (aHigh, bHigh) = (a & first26Bits, b & first26Bits);
        return c - aHigh * bHigh - (aHigh * (b - bHigh) + (a - aHigh) * b);
    }

    /// <summary>
    /// <see cref="MultiplyAdd"/> without the instruction, by Boldo and Melquiond (Emulation of a FMA and correctly
    /// rounded sums, 2008): of what the sum lacks, the small parts are first rounded to odd, so that the last addition
    /// rounds as if it saw all of them. Mostly that makes no difference.
    /// </summary>
    public static double InSoftware(double a, double b, double c)
    {
        const double little = 1e-12;
        var product = a * b;
        var productRest = ProductRest(a, b, product);
        var sum = product + c;
        var rest = SumRest(product, c, sum) + productRest;
        var result = sum + rest;
        if (sum + rest * (1 - little) == result && sum + rest * (1 + little) == result)
        {
            return result; // however the rest was rounded
        }
        var low = c + productRest;
        sum = product + low;
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static double First26Bits(double a) =>
        BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(a) & -1L << 27);

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
