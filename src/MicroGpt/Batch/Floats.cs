using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MicroGpt;

/// <summary>
/// Several float32 numbers side by side. A lane never sees its neighbours, and every product that is added is fused, so
/// every width gives the same bits.
/// </summary>
interface IFloats<T> : IAdditionOperators<T, T, T>, ISubtractionOperators<T, T, T>, IMultiplyOperators<T, T, T>,
    IDivisionOperators<T, T, T>
    where T : unmanaged, IFloats<T>
{
    /// <summary>How many numbers side by side.</summary>
    static abstract int Count { get; }

    /// <summary>The same number in all lanes.</summary>
    static abstract T All(float value);

    static abstract unsafe T Load(float* from);

    unsafe void Store(float* to);

    /// <summary>a · b + c, rounded once.</summary>
    static abstract T Fma(T a, T b, T c);

    static abstract T Sqrt(T a);

    /// <summary>The larger of the two.</summary>
    static abstract T Max(T a, T b);

    /// <summary>In lanes where a is above b the first, in the others the second.</summary>
    static abstract T WhereAbove(T a, T b, T then, T otherwise);

    /// <summary>
    /// 2ⁿ, where n, a whole number in -126..127, stands in the lowest bits of <see cref="Shift"/> + n.
    /// </summary>
    static abstract T Power(T shifted);

    /// <summary>
    /// from [Count, Count] -> to, rows and columns exchanged; rows are fromRow and toRow numbers apart.
    /// </summary>
    static abstract unsafe void Transpose(float* from, nint fromRow, float* to, nint toRow);

    /// <summary>1.5 · 2²³: a number added to it is rounded to a whole one, which stands in the lowest bits.</summary>
    const float Shift = 12582912;
}

/// <summary>Sixteen numbers: AVX-512.</summary>
readonly struct Floats16(Vector512<float> v) : IFloats<Floats16>
{
    readonly Vector512<float> v = v;

    public static int Count => 16;
    public static Floats16 All(float value) => new(Vector512.Create(value));
    public static unsafe Floats16 Load(float* from) => new(*(Vector512<float>*)from);
    public unsafe void Store(float* to) => *(Vector512<float>*)to = v;
    public static Floats16 operator +(Floats16 a, Floats16 b) => new(a.v + b.v);
    public static Floats16 operator -(Floats16 a, Floats16 b) => new(a.v - b.v);
    public static Floats16 operator *(Floats16 a, Floats16 b) => new(a.v * b.v);
    public static Floats16 operator /(Floats16 a, Floats16 b) => new(a.v / b.v);
    public static Floats16 Fma(Floats16 a, Floats16 b, Floats16 c) => new(Vector512.FusedMultiplyAdd(a.v, b.v, c.v));
    public static Floats16 Sqrt(Floats16 a) => new(Vector512.Sqrt(a.v));
    public static Floats16 Max(Floats16 a, Floats16 b) => new(Vector512.MaxNative(a.v, b.v));
    public static Floats16 WhereAbove(Floats16 a, Floats16 b, Floats16 then, Floats16 otherwise) =>
        new(Vector512.ConditionalSelect(Vector512.GreaterThan(a.v, b.v), then.v, otherwise.v));
    public static Floats16 Power(Floats16 shifted) =>
        new(((shifted.v.AsInt32() << 23) + Vector512.Create(127 << 23)).AsSingle());

    [SkipLocalsInit]
    public static unsafe void Transpose(float* from, nint fromRow, float* to, nint toRow)
    {
        // Pairs of numbers, then pairs of pairs, change places within quarters of a vector; then the quarters do.
        var rows = (Span<Vector512<float>>)stackalloc Vector512<float>[16];
        for (var i = 0; i < 16; i += 4)
        {
            var a = Vector512.Load(from + i * fromRow);
            var b = Vector512.Load(from + (i + 1) * fromRow);
            var c = Vector512.Load(from + (i + 2) * fromRow);
            var d = Vector512.Load(from + (i + 3) * fromRow);
            var abLow = Avx512F.UnpackLow(a, b).AsDouble();
            var abHigh = Avx512F.UnpackHigh(a, b).AsDouble();
            var cdLow = Avx512F.UnpackLow(c, d).AsDouble();
            var cdHigh = Avx512F.UnpackHigh(c, d).AsDouble();
            rows[i] = Avx512F.UnpackLow(abLow, cdLow).AsSingle();
            rows[i + 1] = Avx512F.UnpackHigh(abLow, cdLow).AsSingle();
            rows[i + 2] = Avx512F.UnpackLow(abHigh, cdHigh).AsSingle();
            rows[i + 3] = Avx512F.UnpackHigh(abHigh, cdHigh).AsSingle();
        }
        for (var i = 0; i < 4; i++)
        {
            var (a, b, c, d) = (rows[i], rows[i + 4], rows[i + 8], rows[i + 12]);
            var abFirst = Avx512F.Shuffle4x128(a, b, 0b10_00_10_00); // quarters 0 and 2 of both
            var abSecond = Avx512F.Shuffle4x128(a, b, 0b11_01_11_01);
            var cdFirst = Avx512F.Shuffle4x128(c, d, 0b10_00_10_00);
            var cdSecond = Avx512F.Shuffle4x128(c, d, 0b11_01_11_01);
            Avx512F.Shuffle4x128(abFirst, cdFirst, 0b10_00_10_00).Store(to + i * toRow);
            Avx512F.Shuffle4x128(abSecond, cdSecond, 0b10_00_10_00).Store(to + (i + 4) * toRow);
            Avx512F.Shuffle4x128(abFirst, cdFirst, 0b11_01_11_01).Store(to + (i + 8) * toRow);
            Avx512F.Shuffle4x128(abSecond, cdSecond, 0b11_01_11_01).Store(to + (i + 12) * toRow);
        }
    }
}

/// <summary>Eight numbers: AVX2, or pairs of four on Arm64.</summary>
readonly struct Floats8(Vector256<float> v) : IFloats<Floats8>
{
    readonly Vector256<float> v = v;

    public static int Count => 8;
    public static Floats8 All(float value) => new(Vector256.Create(value));
    public static unsafe Floats8 Load(float* from) => new(*(Vector256<float>*)from);
    public unsafe void Store(float* to) => *(Vector256<float>*)to = v;
    public static Floats8 operator +(Floats8 a, Floats8 b) => new(a.v + b.v);
    public static Floats8 operator -(Floats8 a, Floats8 b) => new(a.v - b.v);
    public static Floats8 operator *(Floats8 a, Floats8 b) => new(a.v * b.v);
    public static Floats8 operator /(Floats8 a, Floats8 b) => new(a.v / b.v);
    public static Floats8 Fma(Floats8 a, Floats8 b, Floats8 c) => new(Vector256.FusedMultiplyAdd(a.v, b.v, c.v));
    public static Floats8 Sqrt(Floats8 a) => new(Vector256.Sqrt(a.v));
    public static Floats8 Max(Floats8 a, Floats8 b) => new(Vector256.MaxNative(a.v, b.v));
    public static Floats8 WhereAbove(Floats8 a, Floats8 b, Floats8 then, Floats8 otherwise) =>
        new(Vector256.ConditionalSelect(Vector256.GreaterThan(a.v, b.v), then.v, otherwise.v));
    public static Floats8 Power(Floats8 shifted) =>
        new(((shifted.v.AsInt32() << 23) + Vector256.Create(127 << 23)).AsSingle());

    public static unsafe void Transpose(float* from, nint fromRow, float* to, nint toRow)
    {
        for (var row = 0; row < 8; row++)
        {
            for (var column = 0; column < 8; column++)
            {
                to[column * toRow + row] = from[row * fromRow + column];
            }
        }
    }
}

/// <summary>One number: any machine.</summary>
readonly struct Floats1(float v) : IFloats<Floats1>
{
    readonly float v = v;

    public static int Count => 1;
    public static Floats1 All(float value) => new(value);
    public static unsafe Floats1 Load(float* from) => new(*from);
    public unsafe void Store(float* to) => *to = v;
    public static Floats1 operator +(Floats1 a, Floats1 b) => new(a.v + b.v);
    public static Floats1 operator -(Floats1 a, Floats1 b) => new(a.v - b.v);
    public static Floats1 operator *(Floats1 a, Floats1 b) => new(a.v * b.v);
    public static Floats1 operator /(Floats1 a, Floats1 b) => new(a.v / b.v);
    public static Floats1 Fma(Floats1 a, Floats1 b, Floats1 c) => new(MathF.FusedMultiplyAdd(a.v, b.v, c.v));
    public static Floats1 Sqrt(Floats1 a) => new(MathF.Sqrt(a.v));
    public static Floats1 Max(Floats1 a, Floats1 b) => a.v > b.v ? a : b;
    public static Floats1 WhereAbove(Floats1 a, Floats1 b, Floats1 then, Floats1 otherwise) =>
        a.v > b.v ? then : otherwise;
    public static Floats1 Power(Floats1 shifted) =>
        new(BitConverter.Int32BitsToSingle((BitConverter.SingleToInt32Bits(shifted.v) << 23) + (127 << 23)));
    public static unsafe void Transpose(float* from, nint fromRow, float* to, nint toRow) => *to = *from;
}
