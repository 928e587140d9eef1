using System.Diagnostics;

namespace MicroGpt.Tests;

/// <summary>
/// A processor without FMA: the same tests in a process whose runtime and C library are told that it has none.
/// </summary>
public sealed class OldProcessorTests
{
    [Theory]
    [InlineData(nameof(LibmTests))]
    [InlineData(nameof(ExactMathTests))]
    [InlineData(nameof(GoldenTests))]
    public void It_gives_the_same_bits(string tests)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["-noColor", "-class", $"*.{tests}"])
        {
            RedirectStandardOutput = true,
            Environment =
            {
                ["DOTNET_EnableAVX2"] = "0", // and FMA with it
                ["GLIBC_TUNABLES"] = "glibc.cpu.hwcaps=-FMA,-FMA4",
            },
        };
        using var process = Process.Start(start)!;
        var said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, said);
        Assert.Contains("Failed: 0,", said);
    }
}
