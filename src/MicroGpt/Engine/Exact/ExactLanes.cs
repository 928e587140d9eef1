using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MicroGpt;

/// <summary>
/// Several float64 numbers side by side. Lanes are independent: each computes what a single number would, so every width
/// gives the same bits.
/// </summary>
interface IExactLanes<T> : IAdditionOperators<T, T, T>, ISubtractionOperators<T, T, T>, IMultiplyOperators<T, T, T>,
    IDivisionOperators<T, T, T>
    where T : unmanaged, IExactLanes<T>
{
    /// <summary>The number of lanes.</summary>
    static abstract int Count { get; }

    /// <summary>The same number in all lanes.</summary>
    static abstract T All(double value);

    static abstract unsafe T Load(double* from);

    unsafe void Store(double* to);

    // For what a result lacks, never for a result.

    /// <summary>a · b + c, rounded once or twice.</summary>
    static abstract T MultiplyAdd(T a, T b, T c);

    /// <summary>c - a · b, rounded once, where c differs from a · b in the last few bits only.</summary>
    static abstract T Rest(T c, T a, T b);

    static abstract T Sqrt(T a);

    static abstract T Abs(T a);

    /// <summary>The larger of the two.</summary>
    static abstract T Max(T a, T b);

    /// <summary>The first in lanes where the condition is above 0, the second in the others.</summary>
    static abstract T Where(T positive, T then, T otherwise);

    /// <summary>The largest power of two below a, which is above 0.</summary>
    static abstract T PowerOfTwoBelow(T a);

    /// <summary>2ⁿ for a whole number n in -1022..1023.</summary>
    static abstract T Scale(T n);

    // Tests, with one result bit per lane.

    /// <summary>Is a different from b? NaN is different from everything.</summary>
    static abstract uint Differ(T a, T b);

    /// <summary>Is a, which is not negative, larger than b? NaN may be either.</summary>
    static abstract uint Exceeds(T a, T b);

    /// <summary>Is a, which is not negative, below 2⁻¹²⁸, or 2¹²⁸ and more, or NaN?</summary>
    static abstract uint Extreme(T a);

    /// <summary>Is the mantissa 0: is a 0, infinite, or plus or minus a power of two?</summary>
    static abstract uint NoMantissa(T a);

    /// <summary>Is a different from b, or b extreme, unless x is 0?</summary>
    static virtual uint DifferOrExtreme(T a, T b, T x) => T.Differ(a, b) | T.Extreme(b) & T.Differ(x, default);

    /// <summary>Is a larger than b, or c extreme, unless x is 0?</summary>
    static virtual uint ExceedsOrExtreme(T a, T b, T c, T x) => T.Exceeds(a, b) | T.Extreme(c) & T.Differ(x, default);
}

/// <summary>Eight numbers: AVX-512.</summary>
readonly struct ExactLanes8(Vector512<double> v) : IExactLanes<ExactLanes8>
{
    readonly Vector512<double> v = v;

    public static int Count => 8;
    public static ExactLanes8 All(double value) => new(Vector512.Create(value));
    public static unsafe ExactLanes8 Load(double* from) => new(*(Vector512<double>*)from);
    public unsafe void Store(double* to) => *(Vector512<double>*)to = v;
    public static ExactLanes8 operator +(ExactLanes8 a, ExactLanes8 b) => new(a.v + b.v);
    public static ExactLanes8 operator -(ExactLanes8 a, ExactLanes8 b) => new(a.v - b.v);
    public static ExactLanes8 operator *(ExactLanes8 a, ExactLanes8 b) => new(a.v * b.v);
    public static ExactLanes8 operator /(ExactLanes8 a, ExactLanes8 b) => new(a.v / b.v);
    public static ExactLanes8 MultiplyAdd(ExactLanes8 a, ExactLanes8 b, ExactLanes8 c) =>
        new(Vector512.FusedMultiplyAdd(a.v, b.v, c.v));
    public static ExactLanes8 Rest(ExactLanes8 c, ExactLanes8 a, ExactLanes8 b) =>
        new(Avx512F.FusedMultiplyAddNegated(a.v, b.v, c.v));
    public static ExactLanes8 Sqrt(ExactLanes8 a) => new(Vector512.Sqrt(a.v));
    public static ExactLanes8 Abs(ExactLanes8 a) => new(Vector512.Abs(a.v));
    public static ExactLanes8 Max(ExactLanes8 a, ExactLanes8 b) => new(Vector512.MaxNative(a.v, b.v));
    public static ExactLanes8 Where(ExactLanes8 positive, ExactLanes8 then, ExactLanes8 otherwise) =>
        new(Vector512.ConditionalSelect(Vector512.GreaterThan(positive.v, Vector512<double>.Zero), then.v, otherwise.v));
    public static ExactLanes8 PowerOfTwoBelow(ExactLanes8 a) =>
        new((a.v.AsInt64() + Vector512<long>.AllBitsSet & Vector512.Create(~ExactMath.Mantissa)).AsDouble());
    public static ExactLanes8 Scale(ExactLanes8 n) =>
        new(((n.v + Vector512.Create(ExactMath.Shift + 1023)).AsInt64() << 52).AsDouble());
    public static uint Differ(ExactLanes8 a, ExactLanes8 b) =>
        (uint)(~Vector512.Equals(a.v, b.v)).ExtractMostSignificantBits();
    public static uint Exceeds(ExactLanes8 a, ExactLanes8 b) =>
        (uint)Vector512.GreaterThan(a.v, b.v).ExtractMostSignificantBits();
    public static uint Extreme(ExactLanes8 a) => (uint)Vector512.GreaterThanOrEqual(
        a.v.AsUInt64() - Vector512.Create(ExactMath.SmallestBits),
        Vector512.Create(ExactMath.LargestBits - ExactMath.SmallestBits))
        .ExtractMostSignificantBits();
    public static uint NoMantissa(ExactLanes8 a) => (uint)Vector512.Equals(
        a.v.AsInt64() & Vector512.Create(ExactMath.Mantissa), Vector512<long>.Zero).ExtractMostSignificantBits();
}

/// <summary>Four numbers: AVX2, or pairs of two on Arm64.</summary>
readonly struct ExactLanes4(Vector256<double> v) : IExactLanes<ExactLanes4>
{
    readonly Vector256<double> v = v;

    public static int Count => 4;
    public static ExactLanes4 All(double value) => new(Vector256.Create(value));
    public static unsafe ExactLanes4 Load(double* from) => new(*(Vector256<double>*)from);
    public unsafe void Store(double* to) => *(Vector256<double>*)to = v;
    public static ExactLanes4 operator +(ExactLanes4 a, ExactLanes4 b) => new(a.v + b.v);
    public static ExactLanes4 operator -(ExactLanes4 a, ExactLanes4 b) => new(a.v - b.v);
    public static ExactLanes4 operator *(ExactLanes4 a, ExactLanes4 b) => new(a.v * b.v);
    public static ExactLanes4 operator /(ExactLanes4 a, ExactLanes4 b) => new(a.v / b.v);
    public static ExactLanes4 MultiplyAdd(ExactLanes4 a, ExactLanes4 b, ExactLanes4 c) =>
        new(Vector256.FusedMultiplyAdd(a.v, b.v, c.v));
    public static ExactLanes4 Rest(ExactLanes4 c, ExactLanes4 a, ExactLanes4 b) =>
        new(Fma.IsSupported ? Fma.MultiplyAddNegated(a.v, b.v, c.v) : Vector256.FusedMultiplyAdd(-a.v, b.v, c.v));
    public static ExactLanes4 Sqrt(ExactLanes4 a) => new(Vector256.Sqrt(a.v));
    public static ExactLanes4 Abs(ExactLanes4 a) => new(Vector256.Abs(a.v));
    public static ExactLanes4 Max(ExactLanes4 a, ExactLanes4 b) => new(Vector256.MaxNative(a.v, b.v));
    public static ExactLanes4 Where(ExactLanes4 positive, ExactLanes4 then, ExactLanes4 otherwise) =>
        new(Vector256.ConditionalSelect(Vector256.GreaterThan(positive.v, Vector256<double>.Zero), then.v, otherwise.v));
    public static ExactLanes4 PowerOfTwoBelow(ExactLanes4 a) =>
        new((a.v.AsInt64() + Vector256<long>.AllBitsSet & Vector256.Create(~ExactMath.Mantissa)).AsDouble());
    public static ExactLanes4 Scale(ExactLanes4 n) =>
        new(((n.v + Vector256.Create(ExactMath.Shift + 1023)).AsInt64() << 52).AsDouble());
    public static uint Differ(ExactLanes4 a, ExactLanes4 b) => (~Vector256.Equals(a.v, b.v)).ExtractMostSignificantBits();
    public static uint Exceeds(ExactLanes4 a, ExactLanes4 b) =>
        Vector256.GreaterThan(a.v, b.v).ExtractMostSignificantBits();
    public static uint Extreme(ExactLanes4 a) => (~Usual(a)).ExtractMostSignificantBits();
    public static uint NoMantissa(ExactLanes4 a) => Vector256.Equals(
        a.v.AsInt64() & Vector256.Create(ExactMath.Mantissa), Vector256<long>.Zero).ExtractMostSignificantBits();

    // Combined before bits are made of them: that is slow without AVX-512.
    public static uint DifferOrExtreme(ExactLanes4 a, ExactLanes4 b, ExactLanes4 x) =>
        (~Vector256.Equals(a.v, b.v) | ExtremeUnlessZero(b, x)).ExtractMostSignificantBits();
    public static uint ExceedsOrExtreme(ExactLanes4 a, ExactLanes4 b, ExactLanes4 c, ExactLanes4 x) =>
        (Vector256.GreaterThan(a.v, b.v) | ExtremeUnlessZero(c, x)).ExtractMostSignificantBits();

    static Vector256<double> ExtremeUnlessZero(ExactLanes4 a, ExactLanes4 x) =>
        Vector256.AndNot(~Vector256.Equals(x.v, Vector256<double>.Zero), Usual(a).AsDouble());

    // Not extreme: what is above the smallest has no bit beyond the distance to the largest, a power of two. AVX2 has no
    // comparison without signs.
    static Vector256<ulong> Usual(ExactLanes4 a) => Vector256.Equals(
        a.v.AsUInt64() - Vector256.Create(ExactMath.SmallestBits)
            & Vector256.Create(~(ExactMath.LargestBits - ExactMath.SmallestBits - 1)), Vector256<ulong>.Zero);
}

/// <summary>
/// Two numbers: WebAssembly, and x64 without FMA. .NET's interpreter, which runs the page in a browser, works on the
/// vector itself several times as fast as on a struct with the vector in it: hence the casts. Once it has
/// optimized a caller, it passes what was cast as the type it was before, and only vectors are aligned to 16 bytes: so
/// both are parameters only where that makes no difference, at even places (ExactLanesTests).
/// </summary>
readonly struct ExactLanes2 : IExactLanes<ExactLanes2>
{
#pragma warning disable CS0169 // the casts read and write it
    readonly Vector128<double> v;
#pragma warning restore CS0169

    public static int Count => 2;
    public static ExactLanes2 All(double value) => Of(Vector128.Create(value));
    public static unsafe ExactLanes2 Load(double* from) => Of(*(Vector128<double>*)from);
    public unsafe void Store(double* to) => *(Vector128<double>*)to = V(this);
    public static ExactLanes2 operator +(ExactLanes2 a, ExactLanes2 b) => Of(V(a) + V(b));
    public static ExactLanes2 operator -(ExactLanes2 a, ExactLanes2 b) => Of(V(a) - V(b));
    public static ExactLanes2 operator *(ExactLanes2 a, ExactLanes2 b) => Of(V(a) * V(b));
    public static ExactLanes2 operator /(ExactLanes2 a, ExactLanes2 b) => Of(V(a) / V(b));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ExactLanes2 MultiplyAdd(ExactLanes2 a, ExactLanes2 b, ExactLanes2 c) => Of(V(a) * V(b) + V(c));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ExactLanes2 Rest(ExactLanes2 c, ExactLanes2 a, ExactLanes2 b) =>
        Of(Fused.RestInSoftware(V(c), V(a), V(b)));
    public static ExactLanes2 Sqrt(ExactLanes2 a) => Of(Vector128.Sqrt(V(a)));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ExactLanes2 Abs(ExactLanes2 a) => Of((V(a).AsInt64() & Vector128.Create(long.MaxValue)).AsDouble());
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ExactLanes2 Max(ExactLanes2 a, ExactLanes2 b) =>
        Of(Vector128.ConditionalSelect(Vector128.GreaterThan(V(a), V(b)), V(a), V(b)));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ExactLanes2 Where(ExactLanes2 positive, ExactLanes2 then, ExactLanes2 otherwise) => Of(
        Vector128.ConditionalSelect(Vector128.GreaterThan(V(positive), Vector128<double>.Zero), V(then), V(otherwise)));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ExactLanes2 PowerOfTwoBelow(ExactLanes2 a) =>
        Of((V(a).AsInt64() + Vector128<long>.AllBitsSet & Vector128.Create(~ExactMath.Mantissa)).AsDouble());
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ExactLanes2 Scale(ExactLanes2 n) =>
        Of(((V(n) + Vector128.Create(ExactMath.Shift + 1023)).AsInt64() << 52).AsDouble());
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Differ(ExactLanes2 a, ExactLanes2 b) =>
        (~Vector128.Equals(V(a), V(b))).ExtractMostSignificantBits();
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Exceeds(ExactLanes2 a, ExactLanes2 b) =>
        Vector128.GreaterThan(V(a), V(b)).ExtractMostSignificantBits();
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Extreme(ExactLanes2 a) => (~Usual(V(a))).ExtractMostSignificantBits();
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint NoMantissa(ExactLanes2 a) => Vector128.Equals(
        V(a).AsInt64() & Vector128.Create(ExactMath.Mantissa), Vector128<long>.Zero).ExtractMostSignificantBits();

    // As with four: combined before bits are made of them.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint DifferOrExtreme(ExactLanes2 a, ExactLanes2 b, ExactLanes2 x) =>
        (~Vector128.Equals(V(a), V(b)) | ExtremeUnlessZero(V(b), V(x))).ExtractMostSignificantBits();
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint ExceedsOrExtreme(ExactLanes2 a, ExactLanes2 b, ExactLanes2 c, ExactLanes2 x) =>
        (Vector128.GreaterThan(V(a), V(b)) | ExtremeUnlessZero(V(c), V(x))).ExtractMostSignificantBits();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<double> ExtremeUnlessZero(Vector128<double> a, Vector128<double> x) =>
        ~(Vector128.Equals(x, Vector128<double>.Zero) | Usual(a).AsDouble());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<ulong> Usual(Vector128<double> a) => Vector128.Equals(
        a.AsUInt64() - Vector128.Create(ExactMath.SmallestBits)
            & Vector128.Create(~(ExactMath.LargestBits - ExactMath.SmallestBits - 1)), Vector128<ulong>.Zero);

    static Vector128<double> V(ExactLanes2 a) => Unsafe.BitCast<ExactLanes2, Vector128<double>>(a);
    static ExactLanes2 Of(Vector128<double> v) => Unsafe.BitCast<Vector128<double>, ExactLanes2>(v);
}

/// <summary>One number, on any machine.</summary>
readonly struct ExactLanes1(double v) : IExactLanes<ExactLanes1>
{
    readonly double v = v;

    public static int Count => 1;
    public static ExactLanes1 All(double value) => new(value);
    public static unsafe ExactLanes1 Load(double* from) => new(*from);
    public unsafe void Store(double* to) => *to = v;
    public static ExactLanes1 operator +(ExactLanes1 a, ExactLanes1 b) => new(a.v + b.v);
    public static ExactLanes1 operator -(ExactLanes1 a, ExactLanes1 b) => new(a.v - b.v);
    public static ExactLanes1 operator *(ExactLanes1 a, ExactLanes1 b) => new(a.v * b.v);
    public static ExactLanes1 operator /(ExactLanes1 a, ExactLanes1 b) => new(a.v / b.v);
    public static ExactLanes1 MultiplyAdd(ExactLanes1 a, ExactLanes1 b, ExactLanes1 c) => new(a.v * b.v + c.v);
    public static ExactLanes1 Rest(ExactLanes1 c, ExactLanes1 a, ExactLanes1 b) => new(Fused.Rest(c.v, a.v, b.v));
    public static ExactLanes1 Sqrt(ExactLanes1 a) => new(Math.Sqrt(a.v));
    public static ExactLanes1 Abs(ExactLanes1 a) => new(Math.Abs(a.v));
    public static ExactLanes1 Max(ExactLanes1 a, ExactLanes1 b) => a.v > b.v ? a : b;
    public static ExactLanes1 Where(ExactLanes1 positive, ExactLanes1 then, ExactLanes1 otherwise) =>
        positive.v > 0 ? then : otherwise;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ExactLanes1 PowerOfTwoBelow(ExactLanes1 a) =>
        new(FromBits(ToBits(a.v) - 1 & ~ExactMath.Mantissa));
    public static ExactLanes1 Scale(ExactLanes1 n) =>
        new(FromBits(ToBits(n.v + (ExactMath.Shift + 1023)) << 52));
    public static uint Differ(ExactLanes1 a, ExactLanes1 b) => a.v != b.v ? 1u : 0;
    public static uint Exceeds(ExactLanes1 a, ExactLanes1 b) => a.v > b.v ? 1u : 0;
    public static uint Extreme(ExactLanes1 a) =>
        (ulong)ToBits(a.v) - ExactMath.SmallestBits >= ExactMath.LargestBits - ExactMath.SmallestBits ? 1u : 0;

    // Of bits: a comparison of doubles takes a branch for NaN, which is extreme anyway.
    public static uint DifferOrExtreme(ExactLanes1 a, ExactLanes1 b, ExactLanes1 x) =>
        ToBits(a.v) != ToBits(b.v) ? 1 : Extreme(b) & (ToBits(x.v) << 1 != 0 ? 1u : 0);
    public static uint ExceedsOrExtreme(ExactLanes1 a, ExactLanes1 b, ExactLanes1 c, ExactLanes1 x) =>
        Exceeds(a, b) | Extreme(c) & (ToBits(x.v) << 1 != 0 ? 1u : 0);

    public static uint NoMantissa(ExactLanes1 a) => (ToBits(a.v) & ExactMath.Mantissa) == 0 ? 1u : 0;

    static long ToBits(double a) => BitConverter.DoubleToInt64Bits(a);
    static double FromBits(long bits) => BitConverter.Int64BitsToDouble(bits);
}
