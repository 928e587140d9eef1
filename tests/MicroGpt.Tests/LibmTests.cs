using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace MicroGpt.Tests;

/// <summary>
/// Our exp, log, pow, sin and cos have glibc's bits: compared with this machine's C library where that is glibc on a
/// processor with FMA, and with a recorded hash of a million results everywhere.
/// </summary>
public sealed class LibmTests
{
    const long Million = 1_000_000, Billion = 1_000_000_000;

    [Theory]
    [InlineData("exp", "")]
    [InlineData("log", "")]
    [InlineData("pow", "")]
    [InlineData("sin", "")]
    [InlineData("cos", "")]
    public void A_million_results_have_the_recorded_bits(string function, string sha256)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var results = new double[1000];
        var filled = 0;
        Run(function, Million, (_, ours, _, _, _) =>
        {
            results[filled++] = double.IsNaN(ours) ? double.NaN : ours; // any NaN will do
            if (filled == results.Length)
            {
                hash.AppendData(MemoryMarshal.AsBytes(results.AsSpan()));
                filled = 0;
            }
        });
        Assert.Equal(sha256, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    [Theory]
    [InlineData("exp")]
    [InlineData("log")]
    [InlineData("pow")]
    [InlineData("sin")]
    [InlineData("cos")]
    public void A_million_results_are_those_of_glibc(string function) => Compare(function, Million);

    /// <summary>Minutes: <c>-explicit only -method '*A_billion*'</c>.</summary>
    [Theory(Explicit = true)]
    [InlineData("exp")]
    [InlineData("log")]
    [InlineData("pow")]
    [InlineData("sin")]
    [InlineData("cos")]
    public void A_billion_results_are_those_of_glibc(string function) => Compare(function, Billion);
}
