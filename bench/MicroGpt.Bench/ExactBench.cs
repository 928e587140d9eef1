namespace MicroGpt.Bench;

/// <summary>The exact engine: the default run on each vector path, whole programs beside it, and its growth.</summary>
sealed class ExactBench(Report report)
{
    public void Run(IEnumerable<string> programs)
    {
        report.Print("## The default run: 1,000 steps on data/names.txt\n");
        report.Print("""
            Checked before it was timed: each path ends with the parameters that Python recorded, bit for bit.
            Microseconds per step; the median of the repeats, and the quartiles around it.

            """);
        report.Print("| path | forward | backward | Adam | the training loop | quartiles | tokens/s generated |");
        report.Print("|---|--:|--:|--:|--:|--:|--:|");
        var engine = double.PositiveInfinity; // seconds of the thousand steps, on the widest vectors
        foreach (var width in VectorWidth.Supported)
        {
            Names.Verify(width);
            var loop = Row(Name(width), Names.Config, width, width == 1 ? 9 : 41, $"{Names.TokensPerSecond(width):N0}");
            engine = Math.Min(engine, loop / 1e6 * 1000);
        }
        Row($"{Name(VectorWidth.Supported[0])}, nEmbd 64", new(27, NEmbd: 64), VectorWidth.Supported[0], repeats: 15, "");

        report.Print("\n## Whole programs on the same work\n");
        report.Print("""
            From start to end, with data/names.txt as input.txt: seconds, the median of three; and beside the thousand
            steps of the engine, above.

            """);
        report.Print("| program | seconds | least - most | times the engine |");
        report.Print("|---|--:|--:|--:|");
        Program("dotnet run microgpt.cs", $"dotnet run {Path.Join(Names.Root, "microgpt.cs")}", engine);
        foreach (var program in programs)
        {
            Program(program, program, engine);
        }
        Growing();
    }

    void Growing()
    {
        report.Print("\n## Growth\n");
        report.Print("""
            From the default model (nEmbd 16, nLayer 1, blockSize 16, vocabulary 27) one number grows at a time.
            Documents fill the context. Time: the training loop, median. Memory: parameters, gradient, m and v, the
            engine's.

            """);
        report.Print("| nEmbd | nLayer | blockSize | vocabulary | parameters | µs per step | quartiles | MB |");
        report.Print("|--:|--:|--:|--:|--:|--:|--:|--:|");
        var plot = new Plot("Time per step, µs", "times the default");
        foreach (var (name, series) in Growth.Series)
        {
            foreach (var (factor, config) in series)
            {
                var before = GC.GetTotalAllocatedBytes(precise: true);
                var training = new Training(config, Growth.Documents(config), VectorWidth.Supported[0]);
                var megabytes = (GC.GetTotalAllocatedBytes(precise: true) - before) / 1e6;
                var loop = training.MeasureLoop(7);
                plot.Add(name, factor, loop.Median);
                report.Print($"| {config.NEmbd} | {config.NLayer} | {config.BlockSize} | {config.VocabSize} "
                    + $"| {config.ParameterCount:N0} | {loop.Median:F1} | {loop.Lower:F1} - {loop.Upper:F1} "
                    + $"| {megabytes:F1} |");
            }
        }
        report.Print($"\n![Time per step](growth-{report.Slug}.svg)");
        Report.Save($"growth-{report.Slug}.svg", plot.ToSvg());
    }

    double Row(string name, GptConfig config, int width, int repeats, string tokens)
    {
        var (forward, backward, adam, loop) = new Training(config, Names.Documents, width).Measure(repeats);
        report.Print($"| {name} | {forward.Median:F2} | {backward.Median - forward.Median:F2} | {adam.Median:F2} "
            + $"| **{loop.Median:F2}** | {loop.Lower:F2} - {loop.Upper:F2} | {tokens} |");
        return loop.Median;
    }

    void Program(string name, string command, double engine)
    {
        var seconds = Names.WholeProgram(command);
        report.Print($"| `{name}` | {seconds.Median:F2} | {seconds.Lower:F2} - {seconds.Upper:F2} "
            + $"| {seconds.Median / engine:N0} |");
    }

    static string Name(int width) => width == 1 ? "scalar" : $"{64 * width} bits";
}
