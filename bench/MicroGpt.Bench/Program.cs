using System.Globalization;
using MicroGpt.Bench;

// Verifies, then times, in one run and on the same work; writes bench/results/<cpu>.md, <cpu>-batch.md and a plot.
//   dotnet run -c Release --project bench/MicroGpt.Bench -- [exact|batch] [--against PROGRAM]... [--peer WORK=PROGRAM]...
// --against: a whole program that learns from input.txt. --peer: one that does a work of the batch engine's table, and
// prints its microseconds per document as the first number of its last line.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var command = "dotnet run -c Release --project bench/MicroGpt.Bench"
    + (args.Length > 0 ? " -- " + string.Join(' ', args.Select(arg => arg.Contains(' ') ? $"\"{arg}\"" : arg)) : "");
var both = !args.Contains("exact") && !args.Contains("batch");
if (both || args.Contains("exact"))
{
    var report = new Report("", command);
    new ExactBench(report).Run(Values("--against"));
    report.Save();
}
if (both || args.Contains("batch"))
{
    var report = new Report(", the batch engine", command);
    new FloatBench(report).Run(Values("--peer"));
    report.Save();
}

IEnumerable<string> Values(string option) =>
    args.Index().Where(arg => arg.Item == option && arg.Index + 1 < args.Length).Select(arg => args[arg.Index + 1]);
