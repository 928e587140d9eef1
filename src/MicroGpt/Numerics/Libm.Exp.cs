using System.Runtime.CompilerServices;

namespace MicroGpt;

static partial class Libm
{
    // 128/ln 2, and ln 2/128 in two parts, of which whole multiples of the first are doubles.
    const double InverseStep = 184.6649652337873;
    const double StepHigh = 0.005415212348111709;
    const double StepLow = 1.2864023111638346e-14;

    // eʳ = 1 + r + E2·r² + E3·r³ + E4·r⁴ + E5·r⁵ for |r| up to ln 2/256.
    const double E2 = 0.49999999999996786;
    const double E3 = 0.16666666666665886;
    const double E4 = 0.0416666808410674;
    const double E5 = 0.008333335853059549;

    /// <summary>
    /// eˣ, with an error below 0.509 of the last place. The method: x = k · ln 2/128 + r with a whole k; then
    /// eˣ = 2^(k/128) · eʳ, the first from a table, the second a polynomial. Source: e_exp.c of glibc 2.28.
    /// </summary>
    public static double Exp(double x)
    {
        if (!Fused.InHardware && IsUsual(Exponent(ToBits(x))))
        {
            // Without fused operations the sum before its last rounding is off by at most 0.011 of the last place, with
            // them by 0.009. So both round alike, unless that sum is within 1/32 of the middle between two doubles.
            const double guard = 16.0 / 15;
            var k = x * InverseStep + Shift - Shift;
            var r = x + k * -StepHigh + k * -StepLow;
            var bits = ToBits(x * InverseStep + Shift);
            var at = 2 * (int)(bits % 128);
            var scale = FromBits(ExpTable[at + 1] + (bits << 45));
            var square = r * r;
            var more = scale * (FromBits(ExpTable[at]) + r + square * (E2 + r * E3) + square * square * (E4 + r * E5));
            var result = scale + more;
            if (result + (scale - result + more) * guard == result && (ToBits(result) << 12) != 0)
            {
                return result;
            }
        }
        return double.IsNaN(x) ? x : Exp(x, 0, 0);
    }

    /// <summary>
    /// e^(x + rest), times -1 if sign is <see cref="Negative"/>. x is not NaN, rest is far smaller than x.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static double Exp(double x, double rest, ulong sign)
    {
        var exponent = Exponent(ToBits(x));
        var usual = IsUsual(exponent);
        if (!usual && exponent < Bias - 54)
        {
            return sign == 0 ? 1 + x : -(1 + x);
        }
        if (!usual && exponent >= Bias + 10)
        {
            var limit = x < 0 ? 0 : double.PositiveInfinity;
            return sign == 0 ? limit : -limit;
        }
        var shifted = Fused.MultiplyAdd(x, InverseStep, Shift);
        var k = shifted - Shift;
        var r = Fused.MultiplyAdd(k, -StepHigh, x);
        r = Fused.MultiplyAdd(k, -StepLow, r) + rest;
        var bits = ToBits(shifted);
        var at = 2 * (int)(bits % 128);
        var scale = ExpTable[at + 1] + (bits + sign << 45);
        // eˣ = scale + scale · (e^r - 1), where the scale's own error is in the table too.
        var square = r * r;
        var low = Fused.MultiplyAdd(r, E3, E2);
        var high = Fused.MultiplyAdd(r, E5, E4);
        low = Fused.MultiplyAdd(low, square, FromBits(ExpTable[at]) + r);
        var factor = Fused.MultiplyAdd(square * square, high, low);
        return usual
            ? Fused.MultiplyAdd(FromBits(scale), factor, FromBits(scale))
            : Scaled(scale, factor, k);
    }

    /// <summary>
    /// The sign that <see cref="Exp(double, double, ulong)"/> takes: it reaches the result's first bit.
    /// </summary>
    const ulong Negative = 1 << 18;

    // 2⁻⁵⁴ ≤ |x| < 512?
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool IsUsual(int exponent) => (uint)(exponent - (Bias - 54)) < 54 + 9;

    // scale + scale · factor where the scale may lie beyond the doubles, and the result too.
    static double Scaled(ulong scale, double factor, double k)
    {
        if (k > 0)
        {
            var smaller = FromBits(scale - (1009UL << 52));
            return PowerOfTwo(1009) * Fused.MultiplyAdd(smaller, factor, smaller);
        }
        var larger = FromBits(scale + (1022UL << 52));
        var y = larger + larger * factor;
        if (Math.Abs(y) < 1)
        {
            // Subnormal: rounded once, to the bits that are left, by adding a number of the right size.
            var one = y < 0 ? -1.0 : 1;
            var rest = larger - y + larger * factor;
            var sum = one + y;
            rest = one - sum + y + rest;
            y = sum + rest - one;
            y = y == 0 ? Math.CopySign(0, larger) : y;
        }
        return PowerOfTwo(-1022) * y;
    }
}
