using System.Diagnostics;
using System.Text;

namespace MicroGpt.Bench;

/// <summary>What --fit reaches in which time on held-out text, beside the defaults, n-grams and other programs.</summary>
/// <param name="report">Receives the tables.</param>
/// <param name="folder">Has makemore-names.txt and tinyshakespeare.txt.</param>
sealed class FitBench(Report report, string folder)
{
    const int Splits = 5, HeldOutLines = 1000;

    // Losses of other programs on the same data, as measured once with PyTorch on a CPU, or as published.
    static readonly (string Name, double Seconds, double Loss)[] onNames = [("makemore.py", 270, 1.972)];
    static readonly (string Name, double Seconds, double Loss)[] onText = [("nanoGPT for a CPU", 180, 1.88)];

    /// <summary>Runs parts: names, lists, text.</summary>
    public void Run(string[] parts)
    {
        Fit(DefaultRun.Corpus, null, TimeSpan.FromSeconds(1)); // the compiler's time
        foreach (var part in parts)
        {
            switch (part)
            {
                case "names": OnNames(); break;
                case "lists": OnLists(); break;
                case "text": OnText(); break;
                default: throw new ArgumentException($"there is no part {part}");
            }
        }
    }

    void OnNames()
    {
        report.Print("## makemore's 32,033 names, 1,000 random ones held out\n");
        var all = Corpus.Load(Path.Join(folder, "makemore-names.txt"));
        var plot = new Plot("loss on held-out names, nats a character", "seconds", 0.1, 10);
        for (var seed = 1; seed <= 2; seed++)
        {
            report.Print($"Split {seed}:\n");
            var (train, heldOut) = all.Split((double)HeldOutLines / all.Count, seed);
            var tokenizer = new Tokenizer(all);
            Curves(plot, seed == 1, _ => train, tokenizer, gpt => gpt.Evaluate(heldOut).Loss,
                NGrams.Count(train, tokenizer).Evaluate(heldOut).Loss, [3, 10, 30, 60], onNames);
        }
        Save(plot, "names");
    }

    void OnText()
    {
        report.Print("## tiny Shakespeare, the last tenth held out, chunks of 64 or 128 characters\n");
        var text = File.ReadAllText(Path.Join(folder, "tinyshakespeare.txt"));
        var (first, last) = (text[..(text.Length / 10 * 9)], text[(text.Length / 10 * 9)..]);
        var tokenizer = new Tokenizer([text]);
        var nGrams = NGrams.Count(Chunks(first, 128), tokenizer).Evaluate([last]).Loss;
        var plot = new Plot("loss on held-out text, nats a character", "seconds", 0.1, 10);
        Curves(plot, true, seconds => Chunks(first, seconds switch { 0 => 16, < 120 => 64, _ => 128 }), tokenizer,
            gpt => OfText(gpt, last), nGrams, [10, 60, 180, 600], onText);
        Save(plot, "text");
    }

    void OnLists()
    {
        report.Print($"## Lists, 10 s, means of {Splits} splits\n");
        report.Print("| list | lines | n-grams | --fit 10s | gain | better in |");
        report.Print("|---|--:|--:|--:|--:|--:|");
        var makemore = Corpus.Load(Path.Join(folder, "makemore-names.txt"));
        foreach (var lines in new[] { 50, 150, 500 })
        {
            Row("makemore's names", lines, seed =>
            {
                var (some, heldOut) = makemore.Split((double)HeldOutLines / makemore.Count, seed);
                return (some.Split((double)lines / some.Count, seed).Validation, heldOut);
            });
        }
        Row("data/names.txt", DefaultRun.Corpus.Count * 9 / 10, seed => DefaultRun.Corpus.Split(0.1, seed));
    }

    void Row(string name, int lines, Func<int, (Corpus Train, Corpus HeldOut)> split)
    {
        var (fit, nGrams, better) = (0.0, 0.0, 0);
        for (var seed = 1; seed <= Splits; seed++)
        {
            var (train, heldOut) = split(seed);
            var tokenizer = new Tokenizer(train.Concat(heldOut));
            var ofFit = Fit(train, tokenizer, TimeSpan.FromSeconds(10)).Gpt.Evaluate(heldOut).Loss;
            var ofNGrams = NGrams.Count(train, tokenizer).Evaluate(heldOut).Loss;
            (fit, nGrams, better) = (fit + ofFit, nGrams + ofNGrams, better + (ofFit < ofNGrams ? 1 : 0));
        }
        report.Print($"| {name} | {lines:N0} | {nGrams / Splits:F3} | **{fit / Splits:F3}** "
            + $"| {(nGrams - fit) / Splits:F3} | {better} of {Splits} |");
    }

    // A table, and its lines in the plot. What is trained on may depend on the seconds; 0 stands for the defaults.
    void Curves(Plot plot, bool isPlotted, Func<int, Corpus> train, Tokenizer tokenizer, Func<Gpt, double> lossOf,
        double nGrams, int[] budgets, (string Name, double Seconds, double Loss)[] others)
    {
        report.Print("| | seconds | loss |");
        report.Print("|---|--:|--:|");
        foreach (var steps in new[] { 1000, 10_000, 100_000 })
        {
            var watch = Stopwatch.StartNew();
            var gpt = Train(train(0), tokenizer, new() { Steps = steps });
            Row($"the defaults, {steps:N0} steps", "defaults", watch.Elapsed.TotalSeconds, lossOf(gpt));
        }
        foreach (var seconds in budgets)
        {
            var (gpt, elapsed, plan) = Fit(train(seconds), tokenizer, TimeSpan.FromSeconds(seconds));
            Row($"--fit {seconds}s: {plan}", "--fit", elapsed, lossOf(gpt));
        }
        foreach (var (name, seconds, loss) in others)
        {
            Row($"{name} (not measured here)", name, seconds, loss);
        }
        report.Print($"| n-grams | | {nGrams:F3} |\n");
        if (isPlotted)
        {
            plot.Add("n-grams", 0.1, nGrams);
            plot.Add("n-grams", budgets[^1], nGrams);
        }

        void Row(string what, string line, double seconds, double loss)
        {
            report.Print($"| {what} | {seconds:F1} | **{loss:F3}** |");
            if (isPlotted)
            {
                plot.Add(line, seconds, loss);
            }
        }
    }

    static (Gpt Gpt, double Seconds, string Plan) Fit(Corpus train, Tokenizer? tokenizer, TimeSpan budget)
    {
        var watch = Stopwatch.StartNew();
        var search = new PlanSearch(train, budget, tokenizer: tokenizer);
        var trials = search.Run().Count();
        var plan = search.Plan();
        var gpt = Train(train, tokenizer, plan);
        var epochs = (double)plan.Steps * plan.BatchSize / train.Count;
        return (gpt, watch.Elapsed.TotalSeconds, $"{trials} trials, {plan.NLayer} x {plan.NEmbd}, {epochs:F1} epochs");
    }

    static Gpt Train(Corpus train, Tokenizer? tokenizer, TrainingOptions options)
    {
        var trainer = new Trainer(train, options, tokenizer);
        foreach (var _ in trainer.Run())
        {
        }
        return trainer.Snapshot();
    }

    static double OfText(Gpt gpt, string text) => gpt.Evaluate([text], stride: gpt.Config.BlockSize / 2).Loss;

    static Corpus Chunks(string text, int length)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return Corpus.Load(stream, "text", DocumentUnit.Chunk, length);
    }

    void Save(Plot plot, string what) => Report.Save($"{report.Slug}-{what}.svg", plot.ToSvg());
}
