using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace MicroGpt.Tests;

/// <summary>
/// Our exp, log, pow, sin and cos have glibc's bits: on every system by a recorded hash of a million results, and one by
/// one where this machine's C library is glibc on a processor with FMA.
/// </summary>
public sealed class LibmTests
{
    const long Million = 1_000_000, Billion = 1_000_000_000;

    public static TheoryData<string> Functions => ["exp", "log", "pow", "sin", "cos"];

    [Theory]
    [InlineData("exp", "da29ec869532c32d")]
    [InlineData("log", "35810da2935d235b")]
    [InlineData("pow", "3fa059800dd0e87d")]
    [InlineData("sin", "744d7f64c775d2c8")]
    [InlineData("cos", "c08928bb30db871d")]
    public void A_million_results_have_the_recorded_bits(string function, string beginning)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (ours, _, kinds) = Of(function);
        var results = new double[Million / kinds.Length];
        ulong state = 0;
        foreach (var (_, number) in kinds)
        {
            foreach (ref var result in results.AsSpan())
            {
                result = ours(number(Numbers.Next(ref state)));
                result = double.IsNaN(result) ? double.NaN : result; // which NaN is not promised
            }
            hash.AppendData(MemoryMarshal.AsBytes(results.AsSpan()));
        }
        Assert.StartsWith(beginning, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void A_million_results_are_those_of_glibc(string function) => Compare(function, Million);

    /// <summary>Minutes: <c>-explicit only -method '*A_billion*'</c>.</summary>
    [Theory(Explicit = true)]
    [MemberData(nameof(Functions))]
    public void A_billion_results_are_those_of_glibc(string function) => Compare(function, Billion);

    static void Compare(string function, long count)
    {
        CLibrary.SkipUnlessGlibcWithFma();
        var (ours, theirs, kinds) = Of(function);
        ulong state = 1;
        foreach (var (kind, number) in kinds)
        {
            for (var i = count / kinds.Length; i >= 0; i--)
            {
                var at = number(Numbers.Next(ref state));
                var (a, b) = (theirs(at), ours(at));
                if (!Bits.Same(a, b) && !(double.IsNaN(a) && double.IsNaN(b)))
                {
                    Assert.Fail($"{function} of {Bits.Hex(at.X)}, {Bits.Hex(at.Y)} ({kind}): "
                        + $"glibc {Bits.Hex(a)}, ours {Bits.Hex(b)}");
                }
            }
        }
    }

    // A function, glibc's, and numbers to try it with. Y is the exponent of pow and means nothing to the others.
    static (Func<(double X, double Y), double> Ours, Func<(double X, double Y), double> Theirs,
        (string Kind, Func<ulong, (double X, double Y)> Number)[] Kinds) Of(string function) => function switch
        {
            "exp" => (at => Libm.Exp(at.X), at => Math.Exp(at.X), One(Numbers.Exponents)),
            "log" => (at => Libm.Log(at.X), at => Math.Log(at.X), One(Numbers.Arguments)),
            "sin" => (at => Libm.Sin(at.X), at => Math.Sin(at.X), One(Numbers.Angles)),
            "cos" => (at => Libm.Cos(at.X), at => Math.Cos(at.X), One(Numbers.Angles)),
            _ => (at => Libm.Pow(at.X, at.Y), at => Math.Pow(at.X, at.Y), Numbers.Powers),
        };

    static (string Kind, Func<ulong, (double X, double Y)> Number)[] One(
        (string Kind, Func<ulong, double> Number)[] kinds) =>
        [.. kinds.Select(kind => (kind.Kind, (Func<ulong, (double X, double Y)>)(bits => (kind.Number(bits), 0))))];
}
