using System.Runtime.CompilerServices;

namespace MicroGpt;

static partial class Libm
{
    // π/2 in two parts.
    const double HalfPiHigh = 1.5707963267948966;
    const double HalfPiLow = 6.123233995736766e-17;

    /// <summary>
    /// sin x, with an error below 0.55 of the last place. The method: x is brought into one quadrant; there the sine is a
    /// polynomial near 0, elsewhere sin(i/128 + d) by the addition theorem, with sin and cos of i/128 from a table.
    /// Source: s_sin.c of glibc 2.28.
    /// </summary>
    public static double Sin(double x)
    {
        var size = Math.Abs(x);
        return High(size) switch
        {
            < 0x3E500000 => x, // 2⁻²⁶
            < 0x3FEB6000 => SinOf(x, 0), // 0.855469
            < 0x400368FD => Math.CopySign(CosOf(HalfPiHigh - size, HalfPiLow), x), // 2.426265
            < 0x7FF00000 => SinOfQuadrant(x, 0),
            _ => double.NaN,
        };
    }

    /// <summary>cos x, with an error below 0.55 of the last place, by the method of <see cref="Sin"/>.</summary>
    public static double Cos(double x)
    {
        var size = Math.Abs(x);
        return High(size) switch
        {
            < 0x3E400000 => 1, // 2⁻²⁷
            < 0x3FEB6000 => CosOf(x, 0), // 0.855469
            < 0x400368FD => CosOfRight(HalfPiHigh - size), // 2.426265
            < 0x7FF00000 => SinOfQuadrant(x, 1),
            _ => double.NaN,
        };
    }

    // Sign, exponent and the first 20 bits of the mantissa, by which glibc tells the cases apart.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static uint High(double x) => (uint)(ToBits(x) >> 32);

    // cos x = sin(π/2 - x) around π/2, with high the difference's first part.
    static double CosOfRight(double high)
    {
        var sum = high + HalfPiLow;
        return SinOf(sum, high - sum + HalfPiLow);
    }

    // sin(x + quarters · π/2).
    static double SinOfQuadrant(double x, int quarters)
    {
        quarters += Reduce(x, out var high, out var low);
        var value = (quarters & 1) == 0 ? SinOf(high, low) : CosOf(high, low);
        return (quarters & 2) == 0 ? value : -value;
    }

    // sin(x + rest), |x| < 0.86.
    static double SinOf(double x, double rest)
    {
        var size = Math.Abs(x);
        if (size < 0.126)
        {
            // x - x³/3! + x⁵/5! ..., and the rest's share: (1 - x²/2) · rest.
            var square = x * x;
            var sum = Fused.MultiplyAdd(square, -2.5022014848318398e-8, 2.755729806860771e-6);
            sum = Fused.MultiplyAdd(square, sum, -0.00019841269834414642);
            sum = Fused.MultiplyAdd(square, sum, 0.008333333333332329);
            sum = Fused.MultiplyAdd(square, sum, -0.16666666666666666);
            return x + Fused.MultiplyAdd(square, Fused.MultiplyAdd(sum, x, -(0.5 * rest)), rest);
        }
        rest = x > 0 ? rest : -rest;
        var d = size - Nearest(size, out var at);
        var sin = Fused.MultiplyAdd(d * (d * d), SinFactor(d * d), rest);
        sin = d + sin;
        var versine = Fused.MultiplyAdd(d, rest, d * d * VersineFactor(d * d));
        var table = SinTable.Slice(at, 4);
        var correction = Fused.MultiplyAdd(sin, table[3], table[1]);
        correction = Fused.MultiplyAdd(-versine, table[0], correction);
        correction = Fused.MultiplyAdd(sin, table[2], correction);
        return Math.CopySign(table[0] + correction, x);
    }

    // cos(x + rest), |x| < 0.86.
    static double CosOf(double x, double rest)
    {
        var size = Math.Abs(x);
        var d = size - Nearest(size, out var at) + (x < 0 ? -rest : rest);
        var sin = Fused.MultiplyAdd(d * (d * d), SinFactor(d * d), d);
        var versine = d * d * VersineFactor(d * d);
        var table = SinTable.Slice(at, 4);
        var correction = Fused.MultiplyAdd(-sin, table[1], table[3]);
        correction = Fused.MultiplyAdd(-versine, table[2], correction);
        correction = Fused.MultiplyAdd(-sin, table[0], correction);
        return table[2] + correction;
    }

    // The whole multiple of 1/128 that is nearest to a small number above 0, and where its sine stands in the table.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static double Nearest(double size, out int at)
    {
        var sum = size + Shift / 128;
        at = 4 * (int)ToBits(sum);
        return sum - Shift / 128;
    }

    // (sin d - d) / d³, for |d| up to 1/256, from its square.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static double SinFactor(double square) => Fused.MultiplyAdd(square, 0.008333332142857223, -0.16666666666666488);

    // (1 - cos d) / d².
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static double VersineFactor(double square) =>
        Fused.MultiplyAdd(square, Fused.MultiplyAdd(square, 0.001388888740079376, -0.04166666666666644), 0.5);
}
