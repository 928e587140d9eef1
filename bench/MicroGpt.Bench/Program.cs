using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using MicroGpt;
using MicroGpt.Bench;

// Verifies, then times, in one run and on the same work; writes bench/results/<cpu>.md and growth.svg beside it.
//   dotnet run -c Release --project bench/MicroGpt.Bench [--against "python3 microgpt.py"]...
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var root = Names.Root;
var report = new StringBuilder();
var cpu = Cpu();
Print($"# {cpu}\n");
Print($"{DateTime.UtcNow:yyyy-MM-dd}, commit {Output("git", "rev-parse --short HEAD")}, "
    + $"SDK {Output("dotnet", "--version")}, {RuntimeInformation.FrameworkDescription}, "
    + $"{RuntimeInformation.OSDescription}, {Environment.ProcessorCount} cores, one used.");
Print("Made by `dotnet run -c Release --project bench/MicroGpt.Bench`.\n");

Print("## The default run: 1,000 steps on data/names.txt\n");
Print("Checked before it was timed: each path ends with the parameters that Python recorded, bit for bit.");
Print("Microseconds per step; the median of the repeats, and the quartiles around it.\n");
Print("| path | forward | backward | Adam | the training loop | quartiles | tokens/s generated |");
Print("|---|--:|--:|--:|--:|--:|--:|");
var engine = double.PositiveInfinity; // seconds of the thousand steps, on the widest vectors
foreach (var width in Lanes.Supported)
{
    Names.Verify(width);
    var loop = Row(Name(width), Names.Config, width, repeats: width == 1 ? 9 : 41, $"{Names.TokensPerSecond(width):N0}");
    engine = Math.Min(engine, loop / 1e6 * 1000);
}
Row($"{Name(Lanes.Supported[0])}, nEmbd 64", new(27, NEmbd: 64), Lanes.Supported[0], repeats: 15, "");

Print("\n## Whole programs on the same work\n");
Print("From start to end, with data/names.txt as input.txt: seconds, the median of three; and beside the thousand steps");
Print("of the engine, above.\n");
Print("| program | seconds | least - most | times the engine |");
Print("|---|--:|--:|--:|");
Program("dotnet run microgpt.cs", $"dotnet run {Path.Join(root, "microgpt.cs")}");
foreach (var (i, _) in args.Index().Where(arg => arg.Item == "--against" && arg.Index + 1 < args.Length))
{
    Program(args[i + 1], args[i + 1]);
}

Print("\n## Growth\n");
Print("From the default model (nEmbd 16, nLayer 1, blockSize 16, vocabulary 27) one number grows at a time. Documents");
Print("fill the context. Time: the training loop, median. Memory: parameters, gradient, m and v, the engine's.\n");
Print("| nEmbd | nLayer | blockSize | vocabulary | parameters | µs per step | quartiles | MB |");
Print("|--:|--:|--:|--:|--:|--:|--:|--:|");
var plot = new Plot("Time per step, µs", "times the default");
foreach (var (name, series) in Growth.Series)
{
    foreach (var (factor, config) in series)
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var training = new Training(config, Growth.Documents(config), Lanes.Supported[0]);
        var megabytes = (GC.GetTotalAllocatedBytes(precise: true) - before) / 1e6;
        var loop = training.MeasureLoop(7);
        plot.Add(name, factor, loop.Median);
        Print($"| {config.NEmbd} | {config.NLayer} | {config.BlockSize} | {config.VocabSize} "
            + $"| {config.ParameterCount:N0} | {loop.Median:F1} | {loop.Lower:F1} - {loop.Upper:F1} | {megabytes:F1} |");
    }
}
Print($"\n![Time per step](growth-{Slug(cpu)}.svg)");

var results = Path.Join(root, "bench", "results");
File.WriteAllText(Path.Join(results, $"{Slug(cpu)}.md"), report.ToString());
File.WriteAllText(Path.Join(results, $"growth-{Slug(cpu)}.svg"), plot.ToSvg());

double Row(string name, GptConfig config, int width, int repeats, string tokens)
{
    var (forward, backward, adam, loop) = new Training(config, Names.Documents, width).Measure(repeats);
    Print($"| {name} | {forward.Median:F2} | {backward.Median - forward.Median:F2} | {adam.Median:F2} "
        + $"| **{loop.Median:F2}** | {loop.Lower:F2} - {loop.Upper:F2} | {tokens} |");
    return loop.Median;
}

void Program(string name, string command)
{
    var seconds = Names.WholeProgram(command);
    Print($"| `{name}` | {seconds.Median:F2} | {seconds.Lower:F2} - {seconds.Upper:F2} | {seconds.Median / engine:N0} |");
}

void Print(string line)
{
    Console.WriteLine(line);
    report.Append(line).Append('\n');
}

static string Name(int width) => width == 1 ? "scalar" : $"{64 * width} bits";

static string Slug(string name) => string.Join('-', name.ToLowerInvariant().Split(
    [.. name.ToLowerInvariant().Where(c => !char.IsAsciiLetterOrDigit(c))], StringSplitOptions.RemoveEmptyEntries));

static string Cpu() => File.Exists("/proc/cpuinfo")
    ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
        ?.Split(':')[1].Trim() ?? RuntimeInformation.OSArchitecture.ToString()
    : RuntimeInformation.OSArchitecture.ToString();

string Output(string program, string arguments)
{
    using var process = Process.Start(
        new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, WorkingDirectory = root })!;
    return process.StandardOutput.ReadToEnd().Trim();
}
