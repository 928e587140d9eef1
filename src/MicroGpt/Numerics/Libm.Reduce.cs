namespace MicroGpt;

static partial class Libm
{
    // x = n · π/2 + high + low, |high| ≤ π/4 or little more -> n, of which the last two bits count.
    static int Reduce(double x, out double high, out double low)
    {
        if (High(Math.Abs(x)) >= 0x419921FB) // 105414357
        {
            return ReduceLarge(x, out high, out low);
        }
        // π/2 in four parts, the first three with so many zeros at their ends that n times each is a double: 136 bits of
        // it in all. Source: reduce_sincos in s_sin.c of glibc 2.28.
        var shifted = Fused.MultiplyAdd(x, 0.6366197723675814, Shift);
        var n = shifted - Shift;
        var rest = Fused.MultiplyAdd(-n, HalfPi1, x);
        rest = Fused.MultiplyAdd(-n, -1.3909067564377153e-8, rest);
        var sum = Fused.MultiplyAdd(-n, -4.97899623147991e-17, rest);
        low = Fused.MultiplyAdd(-n, -4.97899623147991e-17, rest - sum);
        high = Fused.MultiplyAdd(-n, -1.9034889620193266e-25, sum);
        low += Fused.MultiplyAdd(-n, -1.9034889620193266e-25, sum - high);
        return (int)ToBits(shifted);
    }

    // The same by multiplying with as many digits of 2/π as matter: the digits above give whole multiples of four
    // quarters, those below nothing that a double would show. x is split in two, so that its products with a digit are
    // doubles. Source: branred.c of glibc, from IBM's accurate mathematical library; compiled without fused operations.
    static int ReduceLarge(double x, out double high, out double low)
    {
        x *= PowerOfTwo(-600);
        var front = FrontHalf(x);
        var (whole1, part1, rest1) = Quarters(front);
        var (whole2, part2, rest2) = Quarters(x - front);
        var whole = whole1 + whole2;
        var part = part1 + part2;
        var rest = Math.Abs(part1) > Math.Abs(part2) ? part1 - part + part2 : part2 - part + part1;
        var step = part > 0.5 ? 1 : part < -0.5 ? -1 : 0;
        part -= step;
        whole += step;
        var sum = part + (rest + rest1 + rest2);
        rest = part - sum + rest + (rest1 + rest2);
        // Quarters of a circle times π/2.
        front = FrontHalf(sum);
        var back = sum - front;
        var product = sum * HalfPiHigh;
        var correction = front * HalfPi1 - product + front * HalfPi2 + back * HalfPi1
            + (back * HalfPi2 + sum * HalfPiLow + rest * HalfPiHigh);
        high = product + correction;
        low = product - high + correction;
        return (int)whole;
    }

    // x · 2⁶⁰⁰ · 2/π, without multiples of 4, as a whole number and a sum of two.
    static (double Whole, double Part, double Low) Quarters(double x)
    {
        const double fours = 4 * Shift;
        var first = Math.Max(0, (Exponent(ToBits(x)) - 450) / 24);
        var digits = TwoOverPi.Slice(first, 6);
        var unit = PowerOfTwo(576 - 24 * first);
        Span<double> terms = stackalloc double[6];
        double whole = 0, part = 0;
        for (var i = 0; i < 6; i++, unit *= PowerOfTwo(-24))
        {
            terms[i] = x * digits[i] * unit;
            if (i < 3)
            {
                var multiple = terms[i] + Shift - Shift;
                whole += multiple;
                terms[i] -= multiple;
            }
        }
        for (var i = 5; i >= 0; i--)
        {
            part += terms[i];
        }
        var rest = terms[0] - part;
        for (var i = 1; i < 6; i++)
        {
            rest += terms[i];
        }
        var rounded = part + Shift - Shift;
        whole += rounded;
        part -= rounded;
        var sum = part + rest;
        return (whole - (whole + fours - fours), sum, part - sum + rest);
    }

    // The first 26 bits of a number.
    static double FrontHalf(double x)
    {
        var product = x * ((1 << 27) + 1);
        return product - (product - x);
    }

    // π/2, the first 24 bits and the next.
    const double HalfPi1 = 1.5707963407039642;
    const double HalfPi2 = -1.3909067675399456e-8;

    // 2/π, 24 bits an element, as far as the largest double needs them.
    static ReadOnlySpan<int> TwoOverPi =>
    [
        0xA2F983, 0x6E4E44, 0x1529FC, 0x2757D1, 0xF534DD, 0xC0DB62, 0x95993C, 0x439041, 0xFE5163, 0xABDEBB, 0xC561B7,
        0x246E3A, 0x424DD2, 0xE00649, 0x2EEA09, 0xD1921C, 0xFE1DEB, 0x1CB129, 0xA73EE8, 0x8235F5, 0x2EBB44, 0x84E99C,
        0x7026B4, 0x5F7E41, 0x3991D6, 0x398353, 0x39F49C, 0x845F8B, 0xBDF928, 0x3B1FF8, 0x97FFDE, 0x05980F, 0xEF2F11,
        0x8B5A0A, 0x6D1F6D, 0x367ECF, 0x27CB09, 0xB74F46, 0x3F669E, 0x5FEA2D, 0x7527BA, 0xC7EBE5, 0xF17B3D, 0x0739F7,
        0x8A5292, 0xEA6BFB, 0x5FB11F,
    ];
}
