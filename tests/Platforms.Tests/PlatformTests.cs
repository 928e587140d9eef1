using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Platforms.Tests;

/// <summary>
/// The command on other platforms and as it is shipped, by the scripts beside this file. Explicit, as each takes minutes
/// and downloads: <c>dotnet run --project tests/Platforms.Tests -- -explicit only</c>.
/// </summary>
public class PlatformTests(ITestOutputHelper output)
{
    const int Skipped = 77; // as the scripts say it, and many other tests

    [Fact(Explicit = true)]
    public void Arm64_has_the_bytes_of_x64() => Run("arm64.sh");

    [Fact(Explicit = true)]
    public void Musl_has_the_bytes_of_glibc() => Run("musl.sh");

    [Fact(Explicit = true)]
    public void Windows_does_what_Linux_does() => Run("windows.sh");

    [Fact(Explicit = true)]
    public void The_native_program_does_what_the_build_for_dotnet_does() => Run("native.sh");

    [Fact(Explicit = true)]
    public void The_packages_work_where_there_is_nothing_else() => Run("packages.sh");

    void Run(string script, [CallerFilePath] string source = "")
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), $"{script} needs Linux");
        var info = new ProcessStartInfo("bash", [Path.Join(Path.GetDirectoryName(source), script)])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(info)!;
        var last = "";
        while (process.StandardOutput.ReadLine() is string line)
        {
            output.WriteLine(last = line);
        }
        process.WaitForExit();
        Assert.SkipWhen(process.ExitCode == Skipped, last);
        Assert.True(process.ExitCode == 0, $"{script}: {last}");
    }
}
