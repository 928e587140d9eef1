namespace MicroGpt.Bench;

/// <summary>Benchmarks of the exact engine: the parts of a step, whole programs, other loops, growth.</summary>
sealed class ExactBench(Report report)
{
    public void Run(IEnumerable<string[]> programs, ILookup<string, (string Label, string Command)> peers)
    {
        var gpt = DefaultRun.Verify();
        Parts();
        Loops(peers[DefaultRun.Workload.Name], gpt);
        Processes(programs);
        Growing();
    }

    void Parts()
    {
        report.Print("## The parts of a step\n");
        report.Print("""
            Through the engine, over a thousand names: microseconds per step, medians. All widths give the same bits.

            """);
        report.Print("| model | vectors | forward | backward | Adam | together |");
        report.Print("|---|---|--:|--:|--:|--:|");
        foreach (var width in VectorWidths.Supported)
        {
            Row(DefaultRun.Workload, width, width == VectorWidth.Scalar ? 5 : 21);
        }
        Row(new("", "", DefaultRun.Corpus, new() { NEmbd = 64 }), VectorWidths.InUse, 9);
    }

    void Row(Workload work, VectorWidth width, int repeats)
    {
        var (forward, backward, adam) = StepParts.Measure(work, width, repeats);
        report.Print($"| nEmbd {work.Config.NEmbd} | {VectorWidths.Name(width)} | {forward.Median:F2} "
            + $"| {backward.Median:F2} | {adam.Median:F2} | {forward.Median + backward.Median + adam.Median:F2} |");
    }

    void Loops(IEnumerable<(string Label, string Command)> peers, Gpt gpt)
    {
        report.Print("\n## A warm loop against warm loops\n");
        report.Print($"""
            The default run, 1,000 steps on data/names.txt. Ours is Trainer.Run in a warm process, after a check that it
            ends with the parameters recorded from Python, bit for bit. Peers time their own loop.
            Gpt.Generate then draws {DefaultRun.TokensPerSecond(gpt):N0} tokens/s.

            """);
        report.Print("| program | µs per step | quartiles | times Trainer.Run |");
        report.Print("|---|--:|--:|--:|");
        var mine = DefaultRun.Workload.Measure(threads: 1, repeats: 41);
        Row("Trainer.Run, float64", mine);
        foreach (var (label, command) in peers)
        {
            Row(label, Programs.Loop(command));
        }

        void Row(string label, Spread time) => report.Print($"| {label} | **{time.Median:F2}** "
            + $"| {time.Lower:F2} - {time.Upper:F2} | {time.Median / mine.Median:F2} |");
    }

    void Processes(IEnumerable<string[]> programs)
    {
        report.Print("\n## A process against processes\n");
        report.Print("""
            The same work from start to end, with data/names.txt as input.txt: start of the runtime, reading, training,
            twenty samples or the saved model. Seconds, medians; a program that takes more than a minute runs once.

            """);
        report.Print("| program | seconds | quartiles | times the command |");
        report.Print("|---|--:|--:|--:|");
        var command = 0.0;
        foreach (var (label, line) in Programs.Ours().Concat(programs.Select(program => (program[0], program[^1]))))
        {
            var seconds = Programs.Whole(line, command == 0 ? 9 : 3);
            command = command == 0 ? seconds.Median : command;
            report.Print($"| {label} | **{seconds.Median:F3}** | {seconds.Lower:F3} - {seconds.Upper:F3} "
                + $"| {seconds.Median / command:N1} |");
        }
    }

    void Growing()
    {
        report.Print("\n## Growth\n");
        report.Print("""
            From the default model (nEmbd 16, nLayer 1, blockSize 16, vocabulary 27), one dimension grows at a time.
            Documents fill the context. Time: Trainer.Run, median. Memory: as estimated by MemoryFor.

            """);
        report.Print("| nEmbd | nLayer | blockSize | vocabulary | parameters | µs per step | quartiles | MB |");
        report.Print("|--:|--:|--:|--:|--:|--:|--:|--:|");
        var plot = new Plot("Time per step, µs", "times the default");
        foreach (var (name, series) in Growth.Series)
        {
            foreach (var (factor, work) in series)
            {
                var (config, time) = (work.Config, work.Measure(threads: 1, repeats: 7));
                plot.Add(name, factor, time.Median);
                report.Print($"| {config.NEmbd} | {config.NLayer} | {config.BlockSize} | {config.VocabSize} "
                    + $"| {config.ParameterCount:N0} | {time.Median:F1} | {time.Lower:F1} - {time.Upper:F1} "
                    + $"| {work.Options.MemoryFor(config.VocabSize) / 1e6:F1} |");
            }
        }
        report.Print($"\n![Time per step](growth-{report.Slug}.svg)");
        Report.Save($"growth-{report.Slug}.svg", plot.ToSvg());
    }
}
