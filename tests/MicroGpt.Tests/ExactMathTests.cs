using System.Numerics;

namespace MicroGpt.Tests;

/// <summary>
/// exp and powers as the engine computes them against Libm's, bit by bit, over tens of millions of numbers.
/// </summary>
public sealed unsafe class ExactMathTests
{
    const int Block = 1 << 10;
    const int Blocks = 700; // of each kind

    // A function done both ways. Apply works on one vector; it says which lanes it asked libm for, where it says so at
    // all.
    interface IFunction
    {
        static abstract double Asked(double x);

        static abstract uint Apply<T>(double* x) where T : unmanaged, IExactLanes<T>;
    }

    struct Exp : IFunction
    {
        public static double Asked(double x) => Libm.Exp(x);

        public static uint Apply<T>(double* x) where T : unmanaged, IExactLanes<T>
        {
            ExactMath.Exp(T.All(0), x, T.Count, 1);
            return 0;
        }
    }

    struct Inverse : IFunction
    {
        public static double Asked(double x) => Libm.Pow(x, -1);

        public static uint Apply<T>(double* x) where T : unmanaged, IExactLanes<T>
        {
            ExactMath.Inverse(T.Load(x)).Store(x);
            return 0;
        }
    }

    struct InverseSquare : IFunction
    {
        public static double Asked(double x) => Libm.Pow(x, -2);

        public static uint Apply<T>(double* x) where T : unmanaged, IExactLanes<T>
        {
            ExactMath.InverseSquare(T.Load(x)).Store(x);
            return 0;
        }
    }

    struct InverseRoot : IFunction
    {
        public static double Asked(double x) => Libm.Pow(x, -0.5);

        public static uint Apply<T>(double* x) where T : unmanaged, IExactLanes<T>
        {
            ExactMath.InverseRoot(T.Load(x)).Store(x);
            return 0;
        }
    }

    struct InverseRootCube : IFunction
    {
        public static double Asked(double x) => Libm.Pow(x, -1.5);

        public static uint Apply<T>(double* x) where T : unmanaged, IExactLanes<T>
        {
            ExactMath.InverseRootCube(T.Load(x)).Store(x);
            return 0;
        }
    }

    struct Square : IFunction
    {
        public static double Asked(double x) => Libm.Pow(x, 2);

        public static uint Apply<T>(double* x) where T : unmanaged, IExactLanes<T>
        {
            ExactMath.Square(T.Load(x), out var doubt).Store(x);
            return doubt;
        }
    }

    struct Root : IFunction
    {
        public static double Asked(double x) => Libm.Pow(x, 0.5);

        public static uint Apply<T>(double* x) where T : unmanaged, IExactLanes<T>
        {
            ExactMath.Root(T.Load(x), out var doubt).Store(x);
            return doubt;
        }
    }

    public static TheoryData<string> Vectors =>
        [.. VectorWidths.Supported.Select(VectorWidths.Name)];

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Exponentials(string vector) => Check<Exp>(vector, Numbers.Exponents);

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Inverses(string vector) => Check<Inverse>(vector, Numbers.Bases);

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Inverse_squares(string vector) => Check<InverseSquare>(vector, Numbers.Bases);

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Inverse_roots(string vector) => Check<InverseRoot>(vector, Numbers.Bases);

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Inverse_cubes_of_roots(string vector) => Check<InverseRootCube>(vector, Numbers.Bases);

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Squares(string vector) => Check<Square>(vector, Numbers.Bases);

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Roots(string vector) => Check<Root>(vector, Numbers.Bases);

    // A guard that always asks would pass all of the above.
    [Theory]
    [MemberData(nameof(Vectors))]
    public void Libm_is_seldom_asked(string vector)
    {
        var kind = Numbers.Bases.Where(kind => kind.Kind == "from 1/16 to 16").ToArray();
        Assert.InRange(Check<Square>(vector, kind), 0.02, 0.04);
        Assert.InRange(Check<Root>(vector, kind), 0.02, 0.04);
    }

    static double Check<TFunction>(string vector, (string Kind, Func<ulong, double> Number)[] kinds)
        where TFunction : IFunction => VectorWidths.Named(vector) switch
        {
            VectorWidth.Bits512 => Check<TFunction, ExactLanes8>(kinds),
            VectorWidth.Bits256 => Check<TFunction, ExactLanes4>(kinds),
            VectorWidth.Bits128 => Check<TFunction, ExactLanes2>(kinds),
            _ => Check<TFunction, ExactLanes1>(kinds),
        };

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
                        x[i] = y[i] = number(Numbers.Next(ref state));
                    }
                    for (var i = 0; i < Block; i += T.Count)
                    {
                        var doubt = TFunction.Apply<T>(y + i);
                        asked += BitOperations.PopCount(doubt);
                        for (var lane = 0; lane < T.Count; lane++)
                        {
                            var expected = TFunction.Asked(x[i + lane]);
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
}
