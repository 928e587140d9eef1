namespace MicroGpt;

static partial class Libm
{
    /// <summary>
    /// ln x, with an error below 0.519 of the last place. The method: x = 2ᵏ · z, z in [11/16, 11/8); a table holds 1/c
    /// and ln c for a c near z; then ln x = k · ln 2 + ln c + ln(1 + r) with r = z/c - 1, the last a polynomial. Source:
    /// e_log.c of glibc 2.28.
    /// </summary>
    public static double Log(double x)
    {
        var bits = ToBits(x);
        if (bits - 0x3FEE000000000000 < 0x3FF1090000000000 - 0x3FEE000000000000)
        {
            return LogNear1(x);
        }
        if (bits - (1UL << 52) >= (2046UL << 52))
        {
            if (x <= 0 || !double.IsFinite(x))
            {
                return x == 0 ? double.NegativeInfinity : x > 0 ? x : double.NaN;
            }
            bits = ToBits(x * PowerOfTwo(52)) - (52UL << 52);
        }
        var beyond = bits - 0x3FE6000000000000; // what x has beyond 11/16
        var k = (double)((long)beyond >> 52);
        var at = 2 * (int)(beyond >> 45 & 127);
        var r = Fused.MultiplyAdd(FromBits(bits - (beyond & 0xFFFUL << 52)), LogTable[at], -1);
        var whole = Fused.MultiplyAdd(k, Ln2High, LogTable[at + 1]);
        var high = whole + r;
        var low = Fused.MultiplyAdd(k, Ln2Low, whole - high + r);
        var square = r * r;
        low = Fused.MultiplyAdd(square, -0.5000000000000001, low);
        var first = Fused.MultiplyAdd(r, -0.2499999999622955, 0.33333333331825593);
        var last = Fused.MultiplyAdd(r, -0.16667054827627667, 0.20000304511814496);
        return Fused.MultiplyAdd(r * square, Fused.MultiplyAdd(last, square, first), low) + high;
    }

    // From 15/16 to 1 + 265/4096: a longer polynomial in r = x - 1, whose term -r²/2 is a sum of two doubles. An error
    // below 0.507 of the last place.
    static double LogNear1(double x)
    {
        if (x == 1)
        {
            return 0;
        }
        var r = x - 1;
        var square = r * r;
        var cube = r * square;
        var first = Fused.MultiplyAdd(r, -0.24999999999998432, 0.3333333333333352);
        var second = Fused.MultiplyAdd(r, 0.14285715076560868, -0.16666666669929706);
        var third = Fused.MultiplyAdd(r, -0.10000486757818193, 0.11110712032936046);
        first = Fused.MultiplyAdd(square, 0.19999999999320328, first);
        second = Fused.MultiplyAdd(square, -0.12499997863982555, second);
        third = Fused.MultiplyAdd(square, 0.09181994006195467, third);
        third = Fused.MultiplyAdd(cube, -0.08328363062289341, third);
        var tail = Fused.MultiplyAdd(cube, Fused.MultiplyAdd(cube, third, second), first);
        // r = front + back, the front so short that its square is a double.
        var front = Fused.MultiplyAdd(r, -PowerOfTwo(27), Fused.MultiplyAdd(r, PowerOfTwo(27), r));
        var back = r - front;
        var high = Fused.MultiplyAdd(front * front, -0.5, r);
        var low = Fused.MultiplyAdd(front * front, -0.5, r - high);
        low = Fused.MultiplyAdd(-0.5 * back, r + front, low);
        return Fused.MultiplyAdd(cube, tail, low) + high;
    }
}
