using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MicroGpt;

/// <summary>
/// Several float32 numbers side by side. Lanes are independent, and every added product is fused, so every width gives
/// the same bits.
/// </summary>
interface IFloatLanes<T> : IAdditionOperators<T, T, T>, ISubtractionOperators<T, T, T>, IMultiplyOperators<T, T, T>,
    IDivisionOperators<T, T, T>
    where T : unmanaged, IFloatLanes<T>
{
    /// <summary>The number of lanes.</summary>
    static abstract int Count { get; }

    /// <summary>The same number in all lanes.</summary>
    static abstract T All(float value);

    static abstract unsafe T Load(float* from);

    unsafe void Store(float* to);

    /// <summary>
    /// Adds a · b to this, rounded once: the accumulation of a product. (For sum = Fma(a, b, sum) the JIT would copy one
    /// register for every second product.)
    /// </summary>
    void AddProduct(T a, T b);

    /// <summary>a · b + c, rounded once.</summary>
    static abstract T Fma(T a, T b, T c);

    static abstract T Sqrt(T a);

    /// <summary>The larger of the two.</summary>
    static abstract T Max(T a, T b);

    /// <summary>The first in lanes where a is above b, the second in the others.</summary>
    static abstract T WhereAbove(T a, T b, T then, T otherwise);

    /// <summary>
    /// 2ⁿ for an integer n in -126..127, which is given as <see cref="Shift"/> + n, in its lowest bits.
    /// </summary>
    static abstract T Power(T shifted);

    /// <summary>
    /// from [Count, Count] -> to, rows and columns exchanged; rows are fromRow and toRow numbers apart.
    /// </summary>
    static abstract unsafe void Transpose(float* from, nint fromRow, float* to, nint toRow);

    /// <summary>1.5 · 2²³: adding it rounds a number to an integer, which is then in the lowest bits.</summary>
    const float Shift = 12582912;
}

/// <summary>Sixteen numbers: AVX-512.</summary>
struct FloatLanes16(Vector512<float> v) : IFloatLanes<FloatLanes16>
{
    Vector512<float> v = v;

    public static int Count => 16;
    public static FloatLanes16 All(float value) => new(Vector512.Create(value));
    public static unsafe FloatLanes16 Load(float* from) => new(*(Vector512<float>*)from);
    public readonly unsafe void Store(float* to) => *(Vector512<float>*)to = v;
    public void AddProduct(FloatLanes16 a, FloatLanes16 b) => v = Vector512.FusedMultiplyAdd(a.v, b.v, v);
    public static FloatLanes16 operator +(FloatLanes16 a, FloatLanes16 b) => new(a.v + b.v);
    public static FloatLanes16 operator -(FloatLanes16 a, FloatLanes16 b) => new(a.v - b.v);
    public static FloatLanes16 operator *(FloatLanes16 a, FloatLanes16 b) => new(a.v * b.v);
    public static FloatLanes16 operator /(FloatLanes16 a, FloatLanes16 b) => new(a.v / b.v);
    public static FloatLanes16 Fma(FloatLanes16 a, FloatLanes16 b, FloatLanes16 c) =>
        new(Vector512.FusedMultiplyAdd(a.v, b.v, c.v));
    public static FloatLanes16 Sqrt(FloatLanes16 a) => new(Vector512.Sqrt(a.v));
    public static FloatLanes16 Max(FloatLanes16 a, FloatLanes16 b) => new(Vector512.MaxNative(a.v, b.v));
    public static FloatLanes16 WhereAbove(FloatLanes16 a, FloatLanes16 b, FloatLanes16 then, FloatLanes16 otherwise) =>
        new(Vector512.ConditionalSelect(Vector512.GreaterThan(a.v, b.v), then.v, otherwise.v));
    public static FloatLanes16 Power(FloatLanes16 shifted) =>
        new(((shifted.v.AsInt32() << 23) + Vector512.Create(127 << 23)).AsSingle());

    // Exchanges single numbers, then pairs, within the quarters of each vector; then the quarters.
    public static unsafe void Transpose(float* from, nint fromRow, float* to, nint toRow)
    {
        Four(from, fromRow, out var a0, out var a1, out var a2, out var a3);
        Four(from + 4 * fromRow, fromRow, out var b0, out var b1, out var b2, out var b3);
        Four(from + 8 * fromRow, fromRow, out var c0, out var c1, out var c2, out var c3);
        Four(from + 12 * fromRow, fromRow, out var d0, out var d1, out var d2, out var d3);
        Quarters(a0, b0, c0, d0, to, 4 * toRow);
        Quarters(a1, b1, c1, d1, to + toRow, 4 * toRow);
        Quarters(a2, b2, c2, d2, to + 2 * toRow, 4 * toRow);
        Quarters(a3, b3, c3, d3, to + 3 * toRow, 4 * toRow);
    }

    // Column i of each quarter of four rows.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static unsafe void Four(float* from, nint row, out Vector512<float> column0, out Vector512<float> column1,
        out Vector512<float> column2, out Vector512<float> column3)
    {
        var (a, b) = (Vector512.Load(from), Vector512.Load(from + row));
        var (c, d) = (Vector512.Load(from + 2 * row), Vector512.Load(from + 3 * row));
        var (abLow, abHigh) = (Avx512F.UnpackLow(a, b).AsDouble(), Avx512F.UnpackHigh(a, b).AsDouble());
        var (cdLow, cdHigh) = (Avx512F.UnpackLow(c, d).AsDouble(), Avx512F.UnpackHigh(c, d).AsDouble());
        column0 = Avx512F.UnpackLow(abLow, cdLow).AsSingle();
        column1 = Avx512F.UnpackHigh(abLow, cdLow).AsSingle();
        column2 = Avx512F.UnpackLow(abHigh, cdHigh).AsSingle();
        column3 = Avx512F.UnpackHigh(abHigh, cdHigh).AsSingle();
    }

    // The first quarters of all four make one row, the second quarters the next, a distance apart.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static unsafe void Quarters(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d,
        float* to, nint row)
    {
        const byte even = 0b10_00_10_00, odd = 0b11_01_11_01; // quarters 0 and 2, or 1 and 3, of both
        var (abEven, abOdd) = (Avx512F.Shuffle4x128(a, b, even), Avx512F.Shuffle4x128(a, b, odd));
        var (cdEven, cdOdd) = (Avx512F.Shuffle4x128(c, d, even), Avx512F.Shuffle4x128(c, d, odd));
        Avx512F.Shuffle4x128(abEven, cdEven, even).Store(to);
        Avx512F.Shuffle4x128(abOdd, cdOdd, even).Store(to + row);
        Avx512F.Shuffle4x128(abEven, cdEven, odd).Store(to + 2 * row);
        Avx512F.Shuffle4x128(abOdd, cdOdd, odd).Store(to + 3 * row);
    }
}

/// <summary>Eight numbers: AVX2, or pairs of four on Arm64.</summary>
struct FloatLanes8(Vector256<float> v) : IFloatLanes<FloatLanes8>
{
    Vector256<float> v = v;

    public static int Count => 8;
    public static FloatLanes8 All(float value) => new(Vector256.Create(value));
    public static unsafe FloatLanes8 Load(float* from) => new(*(Vector256<float>*)from);
    public readonly unsafe void Store(float* to) => *(Vector256<float>*)to = v;
    public void AddProduct(FloatLanes8 a, FloatLanes8 b) => v = Vector256.FusedMultiplyAdd(a.v, b.v, v);
    public static FloatLanes8 operator +(FloatLanes8 a, FloatLanes8 b) => new(a.v + b.v);
    public static FloatLanes8 operator -(FloatLanes8 a, FloatLanes8 b) => new(a.v - b.v);
    public static FloatLanes8 operator *(FloatLanes8 a, FloatLanes8 b) => new(a.v * b.v);
    public static FloatLanes8 operator /(FloatLanes8 a, FloatLanes8 b) => new(a.v / b.v);
    public static FloatLanes8 Fma(FloatLanes8 a, FloatLanes8 b, FloatLanes8 c) =>
        new(Vector256.FusedMultiplyAdd(a.v, b.v, c.v));
    public static FloatLanes8 Sqrt(FloatLanes8 a) => new(Vector256.Sqrt(a.v));
    public static FloatLanes8 Max(FloatLanes8 a, FloatLanes8 b) => new(Vector256.MaxNative(a.v, b.v));
    public static FloatLanes8 WhereAbove(FloatLanes8 a, FloatLanes8 b, FloatLanes8 then, FloatLanes8 otherwise) =>
        new(Vector256.ConditionalSelect(Vector256.GreaterThan(a.v, b.v), then.v, otherwise.v));
    public static FloatLanes8 Power(FloatLanes8 shifted) =>
        new(((shifted.v.AsInt32() << 23) + Vector256.Create(127 << 23)).AsSingle());

    // On AVX as in sixteen lanes: single numbers, then pairs, within the halves of each vector; then the halves.
    public static unsafe void Transpose(float* from, nint fromRow, float* to, nint toRow)
    {
        if (Avx.IsSupported)
        {
            Four(from, fromRow, out var a0, out var a1, out var a2, out var a3);
            Four(from + 4 * fromRow, fromRow, out var b0, out var b1, out var b2, out var b3);
            Halves(a0, b0, to, 4 * toRow);
            Halves(a1, b1, to + toRow, 4 * toRow);
            Halves(a2, b2, to + 2 * toRow, 4 * toRow);
            Halves(a3, b3, to + 3 * toRow, 4 * toRow);
            return;
        }
        for (var row = 0; row < 8; row++)
        {
            for (var column = 0; column < 8; column++)
            {
                to[column * toRow + row] = from[row * fromRow + column];
            }
        }
    }

    // Column i of each half of four rows.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static unsafe void Four(float* from, nint row, out Vector256<float> column0, out Vector256<float> column1,
        out Vector256<float> column2, out Vector256<float> column3)
    {
        var (a, b) = (Vector256.Load(from), Vector256.Load(from + row));
        var (c, d) = (Vector256.Load(from + 2 * row), Vector256.Load(from + 3 * row));
        var (abLow, abHigh) = (Avx.UnpackLow(a, b).AsDouble(), Avx.UnpackHigh(a, b).AsDouble());
        var (cdLow, cdHigh) = (Avx.UnpackLow(c, d).AsDouble(), Avx.UnpackHigh(c, d).AsDouble());
        column0 = Avx.UnpackLow(abLow, cdLow).AsSingle();
        column1 = Avx.UnpackHigh(abLow, cdLow).AsSingle();
        column2 = Avx.UnpackLow(abHigh, cdHigh).AsSingle();
        column3 = Avx.UnpackHigh(abHigh, cdHigh).AsSingle();
    }

    // The first halves of both make one row, the second halves another, a distance apart.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static unsafe void Halves(Vector256<float> a, Vector256<float> b, float* to, nint row)
    {
        Avx.Permute2x128(a, b, 0x20).Store(to);
        Avx.Permute2x128(a, b, 0x31).Store(to + row);
    }
}

/// <summary>One number, on any machine.</summary>
struct FloatLanes1(float v) : IFloatLanes<FloatLanes1>
{
    float v = v;

    public static int Count => 1;
    public static FloatLanes1 All(float value) => new(value);
    public static unsafe FloatLanes1 Load(float* from) => new(*from);
    public readonly unsafe void Store(float* to) => *to = v;
    public void AddProduct(FloatLanes1 a, FloatLanes1 b) => v = MathF.FusedMultiplyAdd(a.v, b.v, v);
    public static FloatLanes1 operator +(FloatLanes1 a, FloatLanes1 b) => new(a.v + b.v);
    public static FloatLanes1 operator -(FloatLanes1 a, FloatLanes1 b) => new(a.v - b.v);
    public static FloatLanes1 operator *(FloatLanes1 a, FloatLanes1 b) => new(a.v * b.v);
    public static FloatLanes1 operator /(FloatLanes1 a, FloatLanes1 b) => new(a.v / b.v);
    public static FloatLanes1 Fma(FloatLanes1 a, FloatLanes1 b, FloatLanes1 c) =>
        new(MathF.FusedMultiplyAdd(a.v, b.v, c.v));
    public static FloatLanes1 Sqrt(FloatLanes1 a) => new(MathF.Sqrt(a.v));
    public static FloatLanes1 Max(FloatLanes1 a, FloatLanes1 b) => a.v > b.v ? a : b;
    public static FloatLanes1 WhereAbove(FloatLanes1 a, FloatLanes1 b, FloatLanes1 then, FloatLanes1 otherwise) =>
        a.v > b.v ? then : otherwise;
    public static FloatLanes1 Power(FloatLanes1 shifted) =>
        new(BitConverter.Int32BitsToSingle((BitConverter.SingleToInt32Bits(shifted.v) << 23) + (127 << 23)));
    public static unsafe void Transpose(float* from, nint fromRow, float* to, nint toRow) => *to = *from;
}
