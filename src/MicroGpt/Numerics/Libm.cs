using System.Runtime.CompilerServices;

namespace MicroGpt;

/// <summary>
/// exp, log, pow, sin and cos with the same bits on every system: those of glibc from 2.28 on, on x64 with FMA, which
/// Python has on Linux. Math.Exp and the others are another library's on Windows, on macOS, with musl, in a browser.
/// </summary>
/// <remarks>
/// The published methods, each in a file of its own with its source and error: exp, log and pow by Szabolcs Nagy (ARM's
/// optimized routines), sin and cos by IBM's accurate mathematical library. The operations stand in the order in which
/// glibc's compiled code performs them, fused where it fuses. Which NaN is returned is not part of the promise.
/// </remarks>
static partial class Libm
{
    /// <summary>1.5 · 2⁵²: adding it rounds a number to an integer, which then stands in the sum's last bits.</summary>
    const double Shift = 6755399441055744;

    const int Bias = 1023; // of the exponent in a double's bits

    // ln 2 in two parts. The first ends in zeros, so that whole multiples of it are doubles.
    const double Ln2High = 0.6931471805598903;
    const double Ln2Low = 5.497923018708371e-14;

    /// <summary>2ⁿ, for n of a normal double.</summary>
    static double PowerOfTwo(int n) => FromBits((ulong)(Bias + n) << 52);

    /// <summary>The exponent in a double's bits, 0 ... 2047.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int Exponent(ulong bits) => (int)(bits >> 52) & 0x7FF;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ulong ToBits(double x) => BitConverter.DoubleToUInt64Bits(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static double FromBits(ulong bits) => BitConverter.UInt64BitsToDouble(bits);
}
