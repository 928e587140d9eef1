using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace MicroGpt;

/// <summary>
/// Several float64 numbers side by side. A lane never sees its neighbours: whatever the width, each lane does what one
/// number alone would do, so every width gives the same bits.
/// </summary>
interface ILanes<T> : IAdditionOperators<T, T, T>, ISubtractionOperators<T, T, T>, IMultiplyOperators<T, T, T>,
    IDivisionOperators<T, T, T>
    where T : unmanaged, ILanes<T>
{
    /// <summary>How many numbers side by side.</summary>
    static abstract int Count { get; }

    /// <summary>The same number in all lanes.</summary>
    static abstract T All(double value);

    static abstract unsafe T Load(double* from);

    unsafe void Store(double* to);

    /// <summary>
    /// a · b + c, rounded once. Only ever used to find out how far a rounded result is from the true one.
    /// </summary>
    static abstract T Fma(T a, T b, T c);

    static abstract T Sqrt(T a);

    static abstract T Abs(T a);

    /// <summary>The larger of the two.</summary>
    static abstract T Max(T a, T b);

    /// <summary>In lanes where the condition is above 0 the first, in the others the second.</summary>
    static abstract T Where(T positive, T then, T otherwise);

    /// <summary>The largest power of two that is not above a: its bits without the mantissa's.</summary>
    static abstract T PowerOfTwo(T a);

    /// <summary>2ⁿ for a whole number n in -1022..1023.</summary>
    static abstract T Scale(T n);

    // Questions, answered by one bit for each lane.

    /// <summary>Is a different from b? NaN is different from everything.</summary>
    static abstract uint Differ(T a, T b);

    /// <summary>Is a, which is not negative, larger than b? NaN may be either.</summary>
    static abstract uint Exceeds(T a, T b);

    /// <summary>Is a, which is not negative, below 2⁻¹²⁸, or 2¹²⁸ and more, or NaN?</summary>
    static abstract uint Extreme(T a);

    /// <summary>Is the mantissa 0: is a 0, infinite, or plus or minus a power of two?</summary>
    static abstract uint NoMantissa(T a);
}

/// <summary>Which width to work with.</summary>
static class Lanes
{
    /// <summary>The widths that this machine's hardware has, widest first; 1 is plain scalar code.</summary>
    public static int[] Supported { get; } =
    [
        .. Vector512.IsHardwareAccelerated && Avx512F.IsSupported ? [8] : Array.Empty<int>(),
        .. Vector256.IsHardwareAccelerated && Fma.IsSupported || AdvSimd.Arm64.IsSupported ? [4] : Array.Empty<int>(),
        1,
    ];

    /// <summary>The widest, unless the environment variable MICROGPT_VECTOR says 512, 256 or scalar.</summary>
    public static int Width => width != 0 ? width : width = Choose(Environment.GetEnvironmentVariable("MICROGPT_VECTOR"));

    static int width;

    /// <summary>The width of this name; the widest when there is no name.</summary>
    /// <exception cref="PlatformNotSupportedException">
    /// This machine does not have it, or nobody knows the name.
    /// </exception>
    public static int Choose(string? name)
    {
        var width = name switch { null or "" => Supported[0], "512" => 8, "256" => 4, "scalar" => 1, _ => 0 };
        return Supported.Contains(width) ? width
            : throw new PlatformNotSupportedException($"MICROGPT_VECTOR={name}: this machine can do "
                + string.Join(", ", Supported.Select(lanes => lanes == 1 ? "scalar" : $"{64 * lanes}")));
    }
}

/// <summary>Eight numbers: AVX-512.</summary>
readonly struct Lanes8(Vector512<double> v) : ILanes<Lanes8>
{
    readonly Vector512<double> v = v;

    public static int Count => 8;
    public static Lanes8 All(double value) => new(Vector512.Create(value));
    public static unsafe Lanes8 Load(double* from) => new(*(Vector512<double>*)from);
    public unsafe void Store(double* to) => *(Vector512<double>*)to = v;
    public static Lanes8 operator +(Lanes8 a, Lanes8 b) => new(a.v + b.v);
    public static Lanes8 operator -(Lanes8 a, Lanes8 b) => new(a.v - b.v);
    public static Lanes8 operator *(Lanes8 a, Lanes8 b) => new(a.v * b.v);
    public static Lanes8 operator /(Lanes8 a, Lanes8 b) => new(a.v / b.v);
    public static Lanes8 Fma(Lanes8 a, Lanes8 b, Lanes8 c) => new(Vector512.FusedMultiplyAdd(a.v, b.v, c.v));
    public static Lanes8 Sqrt(Lanes8 a) => new(Vector512.Sqrt(a.v));
    public static Lanes8 Abs(Lanes8 a) => new(Vector512.Abs(a.v));
    public static Lanes8 Max(Lanes8 a, Lanes8 b) => new(Vector512.MaxNative(a.v, b.v));
    public static Lanes8 Where(Lanes8 positive, Lanes8 then, Lanes8 otherwise) =>
        new(Vector512.ConditionalSelect(Vector512.GreaterThan(positive.v, Vector512<double>.Zero), then.v, otherwise.v));
    public static Lanes8 PowerOfTwo(Lanes8 a) =>
        new((a.v.AsInt64() & Vector512.Create(~Exact.Mantissa)).AsDouble());
    public static Lanes8 Scale(Lanes8 n) =>
        new(((n.v + Vector512.Create(Exact.Shift + 1023)).AsInt64() << 52).AsDouble());
    public static uint Differ(Lanes8 a, Lanes8 b) => (uint)(~Vector512.Equals(a.v, b.v)).ExtractMostSignificantBits();
    public static uint Exceeds(Lanes8 a, Lanes8 b) => (uint)Vector512.GreaterThan(a.v, b.v).ExtractMostSignificantBits();
    public static uint Extreme(Lanes8 a) => (uint)Vector512.GreaterThanOrEqual(
        a.v.AsUInt64() - Vector512.Create(Exact.SmallestBits), Vector512.Create(Exact.LargestBits - Exact.SmallestBits))
        .ExtractMostSignificantBits();
    public static uint NoMantissa(Lanes8 a) => (uint)Vector512.Equals(
        a.v.AsInt64() & Vector512.Create(Exact.Mantissa), Vector512<long>.Zero).ExtractMostSignificantBits();
}

/// <summary>Four numbers: AVX2, or pairs of two on Arm64.</summary>
readonly struct Lanes4(Vector256<double> v) : ILanes<Lanes4>
{
    readonly Vector256<double> v = v;

    public static int Count => 4;
    public static Lanes4 All(double value) => new(Vector256.Create(value));
    public static unsafe Lanes4 Load(double* from) => new(*(Vector256<double>*)from);
    public unsafe void Store(double* to) => *(Vector256<double>*)to = v;
    public static Lanes4 operator +(Lanes4 a, Lanes4 b) => new(a.v + b.v);
    public static Lanes4 operator -(Lanes4 a, Lanes4 b) => new(a.v - b.v);
    public static Lanes4 operator *(Lanes4 a, Lanes4 b) => new(a.v * b.v);
    public static Lanes4 operator /(Lanes4 a, Lanes4 b) => new(a.v / b.v);
    public static Lanes4 Fma(Lanes4 a, Lanes4 b, Lanes4 c) => new(Vector256.FusedMultiplyAdd(a.v, b.v, c.v));
    public static Lanes4 Sqrt(Lanes4 a) => new(Vector256.Sqrt(a.v));
    public static Lanes4 Abs(Lanes4 a) => new(Vector256.Abs(a.v));
    public static Lanes4 Max(Lanes4 a, Lanes4 b) => new(Vector256.MaxNative(a.v, b.v));
    public static Lanes4 Where(Lanes4 positive, Lanes4 then, Lanes4 otherwise) =>
        new(Vector256.ConditionalSelect(Vector256.GreaterThan(positive.v, Vector256<double>.Zero), then.v, otherwise.v));
    public static Lanes4 PowerOfTwo(Lanes4 a) =>
        new((a.v.AsInt64() & Vector256.Create(~Exact.Mantissa)).AsDouble());
    public static Lanes4 Scale(Lanes4 n) =>
        new(((n.v + Vector256.Create(Exact.Shift + 1023)).AsInt64() << 52).AsDouble());
    public static uint Differ(Lanes4 a, Lanes4 b) => (~Vector256.Equals(a.v, b.v)).ExtractMostSignificantBits();
    public static uint Exceeds(Lanes4 a, Lanes4 b) => Vector256.GreaterThan(a.v, b.v).ExtractMostSignificantBits();
    public static uint Extreme(Lanes4 a) => Vector256.GreaterThanOrEqual(
        a.v.AsUInt64() - Vector256.Create(Exact.SmallestBits), Vector256.Create(Exact.LargestBits - Exact.SmallestBits))
        .ExtractMostSignificantBits();
    public static uint NoMantissa(Lanes4 a) => Vector256.Equals(
        a.v.AsInt64() & Vector256.Create(Exact.Mantissa), Vector256<long>.Zero).ExtractMostSignificantBits();
}

/// <summary>One number: any machine.</summary>
readonly struct Lanes1(double v) : ILanes<Lanes1>
{
    readonly double v = v;

    public static int Count => 1;
    public static Lanes1 All(double value) => new(value);
    public static unsafe Lanes1 Load(double* from) => new(*from);
    public unsafe void Store(double* to) => *to = v;
    public static Lanes1 operator +(Lanes1 a, Lanes1 b) => new(a.v + b.v);
    public static Lanes1 operator -(Lanes1 a, Lanes1 b) => new(a.v - b.v);
    public static Lanes1 operator *(Lanes1 a, Lanes1 b) => new(a.v * b.v);
    public static Lanes1 operator /(Lanes1 a, Lanes1 b) => new(a.v / b.v);
    public static Lanes1 Fma(Lanes1 a, Lanes1 b, Lanes1 c) => new(Math.FusedMultiplyAdd(a.v, b.v, c.v));
    public static Lanes1 Sqrt(Lanes1 a) => new(Math.Sqrt(a.v));
    public static Lanes1 Abs(Lanes1 a) => new(Math.Abs(a.v));
    public static Lanes1 Max(Lanes1 a, Lanes1 b) => a.v > b.v ? a : b;
    public static Lanes1 Where(Lanes1 positive, Lanes1 then, Lanes1 otherwise) => positive.v > 0 ? then : otherwise;
    public static Lanes1 PowerOfTwo(Lanes1 a) =>
        new(FromBits(ToBits(a.v) & ~Exact.Mantissa));
    public static Lanes1 Scale(Lanes1 n) =>
        new(FromBits(ToBits(n.v + (Exact.Shift + 1023)) << 52));
    public static uint Differ(Lanes1 a, Lanes1 b) => a.v != b.v ? 1u : 0;
    public static uint Exceeds(Lanes1 a, Lanes1 b) => a.v > b.v ? 1u : 0;
    public static uint Extreme(Lanes1 a) =>
        (ulong)ToBits(a.v) - Exact.SmallestBits >= Exact.LargestBits - Exact.SmallestBits ? 1u : 0;
    public static uint NoMantissa(Lanes1 a) => (ToBits(a.v) & Exact.Mantissa) == 0 ? 1u : 0;

    static long ToBits(double a) => BitConverter.DoubleToInt64Bits(a);
    static double FromBits(long bits) => BitConverter.Int64BitsToDouble(bits);
}
