using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace MicroGpt.Bench;

/// <summary>What was measured, on the screen and in bench/results, under the processor's name.</summary>
sealed class Report
{
    readonly StringBuilder text = new();
    readonly string name;

    public Report(string engine, string command)
    {
        name = $"{Cpu()}, {engine}";
        Print($"# {name}\n");
        Print(FormattableString.Invariant($"{DateTime.UtcNow:yyyy-MM-dd}, commit ")
            + $"{Output("git", "describe --always --dirty")}, SDK {Output("dotnet", "--version")}, "
            + $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}, "
            + $"{Environment.ProcessorCount} cores.");
        Print($"Made by `{command}`, and made anew by it: remarks belong in [notes.md](notes.md).\n");
    }

    /// <summary>The report's name, fit for a file.</summary>
    public string Slug => string.Join('-', name.ToLowerInvariant().Split(
        [.. name.ToLowerInvariant().Where(c => !char.IsAsciiLetterOrDigit(c))], StringSplitOptions.RemoveEmptyEntries));

    public void Print(string line)
    {
        Console.WriteLine(line);
        text.Append(line).Append('\n');
    }

    public void Save() => Save($"{Slug}.md", text.ToString());

    public static void Save(string file, string content) =>
        File.WriteAllText(Path.Join(Names.Root, "bench", "results", file), content);

    static string Cpu() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
            ?.Split(':')[1].Trim() ?? RuntimeInformation.OSArchitecture.ToString()
        : RuntimeInformation.OSArchitecture.ToString();

    static string Output(string program, string arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, WorkingDirectory = Names.Root })!;
        return process.StandardOutput.ReadToEnd().Trim();
    }
}
