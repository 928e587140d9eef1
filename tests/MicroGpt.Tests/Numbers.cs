namespace MicroGpt.Tests;

/// <summary>
/// Numbers to try a function with, made of random bits: of every size, dense where training has them, and wherever a
/// function takes another way. The same on every system.
/// </summary>
static class Numbers
{
    public const double Ulp = 2.220446049250313e-16; // of 1: 2^-52

    static readonly double[] special = [0.0, -0.0, 1, -1, 2, 0.5, 700, -700, -745.2, 709.8, 512, 1024,
        2.2250738585072014e-308, double.Epsilon, double.MaxValue, double.PositiveInfinity, double.NegativeInfinity,
        double.NaN];

    /// <summary>Not negative.</summary>
    public static readonly (string Kind, Func<ulong, double> Number)[] Bases =
    [
        ("any that is not negative", bits => Double(bits & 0x7FFFFFFFFFFFFFFF)),
        ("from 2^-70 to 2^70", bits => Scaled(bits, 70)),
        ("from 1/16 to 16", bits => Scaled(bits, 4)),
        ("near a power of two", bits => Double((bits >> 20) % 2045 + 1 << 52) * (1 + ((bits & 0xFFF) - 2048.0) * Ulp)),
        ("near 1", bits => 1 + ((bits & 0xFFFFF) - 524288.0) * Ulp),
        ("with few digits", bits => Double(bits & 0x7FEFFFFF00000000)),
        ("whose square has few digits", bits => Beside(Math.Sqrt(Double(bits & 0x7FEFFFFFF0000000)), bits)),
        ("whose root has few digits", bits => Beside(Squared(Scaled(bits & 0xFFFFFFFFFF000000, 60)), bits)),
        ("whose root is the middle of two doubles", bits => Beside(Squared(Scaled(bits, 60)) * (1 + Ulp), bits)),
        ("subnormal or 0", bits => Double(bits & 0x000FFFFFFFFFFFFF)),
        ("huge", bits => Double(0x7FE0000000000000 | bits & 0x000FFFFFFFFFFFFF)),
        ("near 2^64", bits => Beside(Math.ScaleB(1, 64), bits)),
        ("near 2^-64", bits => Beside(Math.ScaleB(1, -64), bits)),
        ("special", bits => Math.Abs(Special(bits))),
    ];

    public static readonly (string Kind, Func<ulong, double> Number)[] Exponents =
    [
        ("any", Double),
        ("from -40 to 0", bits => -40 * Unit(bits)),
        ("from -1 to 0", bits => -Unit(bits)),
        ("from -760 to 720", bits => -760 + 1480 * Unit(bits)),
        ("near a multiple of ln 2", bits => Beside(((int)(bits >> 20) % 1074) * 0.6931471805599453, bits)),
        ("whose exp is the middle of two doubles", bits => ((bits & 0xFFFFF) - 524288 + 0.5) * Ulp),
        ("whose exp is the middle of two doubles below 1", bits => -((bits & 0xFFFFF) + 0.5) * Ulp / 2),
        ("tiny", bits => (Unit(bits) - 0.5) * 1e-15),
        ("with few digits", bits => ((bits >> 40) - 8388608.0) / 16384),
        ("whole", bits => (int)(bits >> 20) % 750),
        ("special", Special),
    ];

    /// <summary>Numbers to take the logarithm of.</summary>
    public static readonly (string Kind, Func<ulong, double> Number)[] Arguments =
    [
        ("any", Double),
        ("from 0 to 1, as random() gives them", bits => 1 - Unit(bits)),
        ("from 2^-70 to 2^70", bits => Scaled(bits, 70)),
        ("from 1/2 to 2", bits => Scaled(bits, 1)),
        ("near 1", bits => 1 + ((bits & 0xFFFFF) - 524288.0) * Ulp),
        ("from 7/8 to 9/8", bits => 0.875 + Unit(bits) / 4),
        ("near a power of two", bits => Double((bits >> 20) % 2045 + 1 << 52) * (1 + ((bits & 0xFFF) - 2048.0) * Ulp)),
        ("where the method changes", bits => Beside((bits >> 8 & 3) switch { 0 => 0.9375, 1 => 1.064697265625,
            2 => 0.6875, _ => 1.375 }, bits)),
        ("between two of the table", bits => Beside((11 + (bits >> 8 & 127) * 11 / 128.0) / 16, bits)),
        ("subnormal", bits => Double(bits & 0x800FFFFFFFFFFFFF)),
        ("special", Special),
    ];

    public static readonly (string Kind, Func<ulong, double> Number)[] Angles =
    [
        ("any", Double),
        ("from 0 to 2 pi, as gauss() takes them", bits => Unit(bits) * (2 * Math.PI)),
        ("from -1 to 1", bits => 2 * Unit(bits) - 1),
        ("from -100 to 100", bits => 200 * Unit(bits) - 100),
        ("of every size up to 2^60", bits => Math.CopySign(Scaled(bits, 60), (bits & 1) - 0.5)),
        ("near a multiple of pi/2", bits => Beside((bits >> 20 & 0xFFFF) * (Math.PI / 2), bits)),
        ("near a large multiple of pi/2", bits => Beside((bits >> 20) * (Math.PI / 2), bits)),
        ("near an odd multiple of 1/256", bits => Beside(((bits >> 8) % 1400 + 0.5) / 128, bits)),
        ("where the method changes", bits => Beside((bits >> 8 & 7) switch { 0 => 0.126, 1 => 0.85546875,
            2 => 2.4262657, 3 => 105414357.8, 4 => 1.0 / (1 << 26),
            5 => 1.0 / (1 << 27), 6 => Math.PI / 4, _ => 0.12599 },
            bits)),
        ("beyond 10^8", bits => Scaled(bits, 400) * Math.ScaleB(1, 427)),
        ("subnormal", bits => Double(bits & 0x800FFFFFFFFFFFFF)),
        ("special", Special),
    ];

    /// <summary>A base and an exponent.</summary>
    public static readonly (string Kind, Func<ulong, (double X, double Y)> Pair)[] Powers =
    [
        .. Bases.Select(kind => ($"as the engine's, {kind.Kind}", (Func<ulong, (double, double)>)(bits =>
            (kind.Number(bits),
                (Mixed(bits) % 6) switch { 0 => 2, 1 => 0.5, 2 => -0.5, 3 => -1, 4 => -1.5, _ => -2.0 })))),
        ("any", bits => (Double(bits), Double(Mixed(bits)))),
        ("Adam's", bits => ((bits & 1) == 0 ? 0.85 : 0.99, 1 + Mixed(bits) % 100_000)),
        ("of every size", bits => (Scaled(bits, 300), Math.CopySign(Scaled(Mixed(bits), 3), (bits & 1) - 0.5))),
        ("of a number near 1", bits => (1 + ((bits & 0xFFFFF) - 524288.0) * Ulp, Scaled(Mixed(bits), 62))),
        ("whole exponents", bits => (Math.CopySign(Scaled(bits, 30), (bits & 1) - 0.5), Mixed(bits) % 80 - 40.0)),
        ("as large or as small as a result can be", bits => AtTheEdge(Scaled(bits, 30), Mixed(bits))),
        ("exponents near 0 and infinity", bits => (Scaled(bits, 500),
            Beside(Math.ScaleB((bits & 2) - 1.0, (bits & 1) == 0 ? -65 : 63), Mixed(bits)))),
        ("of subnormal numbers", bits => (Double(bits & 0x800FFFFFFFFFFFFF), (Mixed(bits) % 64 - 32.0) / 8)),
        ("special", bits => (Special(bits), Special(Mixed(bits)))),
        ("of special numbers", bits => (Special(bits), Double(Mixed(bits)))),
        ("special and whole exponents", bits => (Special(bits), Mixed(bits) % 11 - 5.0)),
    ];

    /// <summary>SplitMix64 (Steele, Lea, Flood 2014): the same numbers each time, 64 random bits.</summary>
    public static ulong Next(ref ulong state) => Mixed(state += 0x9E3779B97F4A7C15);

    static ulong Mixed(ulong z)
    {
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
        z = (z ^ z >> 27) * 0x94D049BB133111EB;
        return z ^ z >> 31;
    }

    static double Special(ulong bits) => special[bits % (ulong)special.Length];

    static (double, double) AtTheEdge(double x, ulong bits) =>
        (x, ((bits & 1) == 0 ? 709.78 + 0.01 * Unit(bits) : -708 - 38 * Unit(bits)) / Libm.Log(x));

    static double Double(ulong bits) => BitConverter.UInt64BitsToDouble(bits);

    // In [0, 1).
    static double Unit(ulong bits) => (bits >> 11) * (Ulp / 2);

    // From 2^-limit to 2^limit, every size as likely.
    static double Scaled(ulong bits, int limit) =>
        Double((bits & 0x000FFFFFFFFFFFFF) | (ulong)(1023 - limit + (int)(bits >> 52) % (2 * limit)) << 52);

    static double Squared(double x) => x * x;

    // At most four doubles away.
    static double Beside(double x, ulong bits) =>
        BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(x) + (long)(bits % 9) - 4);
}
