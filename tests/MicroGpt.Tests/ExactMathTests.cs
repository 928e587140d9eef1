using System.Numerics;

namespace MicroGpt.Tests;

/// <summary>
/// Our exp and powers against Math.Exp and Math.Pow of this machine, bit by bit, over tens of millions of numbers.
/// </summary>
public sealed unsafe class ExactMathTests
{
    const int Block = 1 << 10;
    const int Blocks = 700; // of each kind
    const double Ulp = 2.220446049250313e-16; // of 1: 2^-52

    static readonly double[] special = [0.0, -0.0, 1, 2, 0.5, 700, -700, -745.2, 2.2250738585072014e-308, double.Epsilon,
        double.MaxValue, double.PositiveInfinity, double.NaN];

    // A function done both ways. Apply works on one vector; it says which lanes it asked libm for, where it says so at
    // all.
    interface IFunction
    {
        static abstract double Libm(double x);

        static abstract uint Apply<T>(double* x) where T : unmanaged, IExactLanes<T>;
    }

    struct Exp : IFunction
    {
        public static double Libm(double x) => Math.Exp(x);

        public static uint Apply<T>(double* x) where T : unmanaged, IExactLanes<T>
        {
            ExactMath.Exp(x, T.Count, 1, T.All(0));
            return 0;
        }
    }

    struct Inverse : IFunction
    {
        public static double Libm(double x) => Math.Pow(x, -1);

        public static uint Apply<T>(double* x) where T : unmanaged, IExactLanes<T>
        {
            ExactMath.Inverse(T.Load(x)).Store(x);
            return 0;
        }
    }

    struct InverseSquare : IFunction
    {
        public static double Libm(double x) => Math.Pow(x, -2);

        public static uint Apply<T>(double* x) where T : unmanaged, IExactLanes<T>
        {
            ExactMath.InverseSquare(T.Load(x)).Store(x);
            return 0;
        }
    }

    struct InverseRoot : IFunction
    {
        public static double Libm(double x) => Math.Pow(x, -0.5);

        public static uint Apply<T>(double* x) where T : unmanaged, IExactLanes<T>
        {
            ExactMath.InverseRoot(T.Load(x)).Store(x);
            return 0;
        }
    }

    struct InverseRootCube : IFunction
    {
        public static double Libm(double x) => Math.Pow(x, -1.5);

        public static uint Apply<T>(double* x) where T : unmanaged, IExactLanes<T>
        {
            ExactMath.InverseRootCube(T.Load(x)).Store(x);
            return 0;
        }
    }

    struct Square : IFunction
    {
        public static double Libm(double x) => Math.Pow(x, 2);

        public static uint Apply<T>(double* x) where T : unmanaged, IExactLanes<T>
        {
            ExactMath.Square(T.Load(x), out var doubt).Store(x);
            return doubt;
        }
    }

    struct Root : IFunction
    {
        public static double Libm(double x) => Math.Pow(x, 0.5);

        public static uint Apply<T>(double* x) where T : unmanaged, IExactLanes<T>
        {
            ExactMath.Root(T.Load(x), out var doubt).Store(x);
            return doubt;
        }
    }

    static readonly (string Kind, Func<ulong, double> Number)[] bases =
    [
        ("any that is not negative", bits => Double(bits & 0x7FFFFFFFFFFFFFFF)),
        ("from 2^-70 to 2^70", bits => Scaled(bits, 70)),
        ("from 1/16 to 16", bits => Scaled(bits, 4)),
        ("near a power of two", bits => Double((bits >> 20) % 2045 + 1 << 52) * (1 + ((bits & 0xFFF) - 2048.0) * Ulp)),
        ("near 1", bits => 1 + ((bits & 0xFFFFF) - 524288.0) * Ulp),
        ("with few digits", bits => Double(bits & 0x7FEFFFFF00000000)),
        ("whose square has few digits", bits => Beside(Math.Sqrt(Double(bits & 0x7FEFFFFFF0000000)), bits)),
        ("whose root has few digits", bits => Beside(Math.Pow(Scaled(bits & 0xFFFFFFFFFF000000, 60), 2), bits)),
        ("whose root is the middle of two doubles", bits => Beside(Math.Pow(Scaled(bits, 60), 2) * (1 + Ulp), bits)),
        ("subnormal or 0", bits => Double(bits & 0x000FFFFFFFFFFFFF)),
        ("huge", bits => Double(0x7FE0000000000000 | bits & 0x000FFFFFFFFFFFFF)),
        ("near 2^64", bits => Beside(Math.ScaleB(1, 64), bits)),
        ("near 2^-64", bits => Beside(Math.ScaleB(1, -64), bits)),
        ("special", bits => Math.Abs(special[bits % (ulong)special.Length])),
    ];

    static readonly (string Kind, Func<ulong, double> Number)[] exponents =
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
        ("special", bits => special[bits % (ulong)special.Length]),
    ];

    public static TheoryData<string> Vectors =>
        [.. VectorWidths.Supported.Where(width => width != VectorWidth.Scalar).Select(VectorWidths.Name)];

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Exponentials(string vector) => Check<Exp>(vector, exponents);

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Inverses(string vector) => Check<Inverse>(vector, bases);

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Inverse_squares(string vector) => Check<InverseSquare>(vector, bases);

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Inverse_roots(string vector) => Check<InverseRoot>(vector, bases);

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Inverse_cubes_of_roots(string vector) => Check<InverseRootCube>(vector, bases);

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Squares(string vector) => Check<Square>(vector, bases);

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Roots(string vector) => Check<Root>(vector, bases);

    // A guard that always asks would pass all of the above.
    [Theory]
    [MemberData(nameof(Vectors))]
    public void Libm_is_seldom_asked(string vector)
    {
        var kind = bases.Where(kind => kind.Kind == "from 1/16 to 16").ToArray();
        Assert.InRange(Check<Square>(vector, kind), 0.02, 0.04);
        Assert.InRange(Check<Root>(vector, kind), 0.02, 0.04);
    }

    static double Check<TFunction>(string vector, (string Kind, Func<ulong, double> Number)[] kinds)
        where TFunction : IFunction =>
        vector == "512" ? Check<TFunction, ExactLanes8>(kinds) : Check<TFunction, ExactLanes4>(kinds);

    // The share of numbers for which libm was asked.
    static double Check<TFunction, T>((string Kind, Func<ulong, double> Number)[] kinds)
        where TFunction : IFunction where T : unmanaged, IExactLanes<T>
    {
        var (xs, ys) = (GC.AllocateArray<double>(Block, pinned: true), GC.AllocateArray<double>(Block, pinned: true));
        long asked = 0;
        ulong state = 0;
        fixed (double* x = xs, y = ys)
        {
            foreach (var (kind, number) in kinds)
            {
                for (var block = 0; block < Blocks; block++)
                {
                    for (var i = 0; i < Block; i++)
                    {
                        x[i] = y[i] = number(Next(ref state));
                    }
                    for (var i = 0; i < Block; i += T.Count)
                    {
                        var doubt = TFunction.Apply<T>(y + i);
                        asked += BitOperations.PopCount(doubt);
                        for (var lane = 0; lane < T.Count; lane++)
                        {
                            var expected = TFunction.Libm(x[i + lane]);
                            if ((doubt >> lane & 1) == 0 && !Bits.Same(expected, y[i + lane]) && !double.IsNaN(expected))
                            {
                                Assert.Fail($"{typeof(TFunction).Name} of {Bits.Hex(x[i + lane])}, a number {kind}, "
                                    + $"{T.Count} lanes: libm {Bits.Hex(expected)}, here {Bits.Hex(y[i + lane])}");
                            }
                        }
                    }
                }
            }
        }
        return (double)asked / kinds.Length / Blocks / Block;
    }

    // SplitMix64 (Steele, Lea, Flood 2014): the same numbers each time, 64 random bits.
    static ulong Next(ref ulong state)
    {
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
        z = (z ^ z >> 27) * 0x94D049BB133111EB;
        return z ^ z >> 31;
    }

    static double Double(ulong bits) => BitConverter.UInt64BitsToDouble(bits);

    // In [0, 1).
    static double Unit(ulong bits) => (bits >> 11) * (Ulp / 2);

    // From 2^-limit to 2^limit, every size as likely.
    static double Scaled(ulong bits, int limit) =>
        Double((bits & 0x000FFFFFFFFFFFFF) | (ulong)(1023 - limit + (int)(bits >> 52) % (2 * limit)) << 52);

    // At most four doubles away.
    static double Beside(double x, ulong bits) =>
        BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(x) + (long)(bits % 9) - 4);
}
