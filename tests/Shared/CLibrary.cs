using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace MicroGpt.Tests;

/// <summary>The C library of this machine, which Math.Exp, Log, Pow, Sin and Cos call.</summary>
static class CLibrary
{
    /// <summary>
    /// Skips a test that needs Math's functions to have the bits of Libm: those of glibc, of which an x64 processor
    /// without FMA gets another variant.
    /// </summary>
    public static void SkipUnlessGlibcWithFma()
    {
        var hides = Environment.GetEnvironmentVariable("GLIBC_TUNABLES")
            ?.Contains("-FMA", StringComparison.Ordinal) ?? false;
        var isGlibc = RuntimeInformation.RuntimeIdentifier is "linux-x64" or "linux-arm64"; // not linux-musl-x64
        Assert.SkipUnless(isGlibc && !hides && (Fma.IsSupported || AdvSimd.IsSupported),
            "Math.Exp, Log, Pow, Sin and Cos are not those of glibc on a processor with FMA");
    }
}
