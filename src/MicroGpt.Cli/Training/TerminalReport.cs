using System.Diagnostics;
using Spectre.Console;

namespace MicroGpt.Cli;

/// <summary>
/// A training run on a terminal, drawn in place: progress, speed, the loss and its curve, and a few samples. The cursor
/// stays visible, so that nothing needs to be restored if the run is killed.
/// </summary>
sealed class TerminalReport : ITrainingReport
{
    const string Blocks = " ▁▂▃▄▅▆▇█";
    const int CurveHeight = 5;

    static readonly TimeSpan frameTime = TimeSpan.FromMilliseconds(100), sampleTime = TimeSpan.FromSeconds(1.5);

    readonly Trainer trainer;
    readonly CancellationToken cancellation;
    readonly int steps, resumedAt;
    readonly SmoothLoss loss = new();
    readonly List<double> curve = []; // means over equal parts of the run so far
    readonly long start = Stopwatch.GetTimestamp();
    int perPoint = 1, inPoint; // steps per part; steps in the current part
    double sum;                // of the current part's losses
    double? validation;
    string sample = "";
    readonly List<string> drawn = []; // lines on the screen that the next frame replaces
    TimeSpan lastFrame, lastSample;

    /// <param name="source">The name of the data.</param>
    /// <param name="corpus">The data.</param>
    /// <param name="trainer">The run.</param>
    /// <param name="cancellation">Stops the drawing of a sample.</param>
    public TerminalReport(string source, Corpus corpus, Trainer trainer, CancellationToken cancellation)
    {
        (this.trainer, this.cancellation) = (trainer, cancellation);
        (steps, resumedAt) = (trainer.Options.Steps, trainer.Steps);
        var config = trainer.Config;
        Console.Out.Flush();
        var name = Columns.Fit(Legible.Line(Path.GetFileName(source)), 24).EscapeMarkup();
        Line($"[bold]{name}[/]: {corpus.Count:N0} documents, "
            + $"{config.VocabSize - 1} characters, {config.ParameterCount:N0} parameters");
        if (resumedAt > 0)
        {
            Line($"resumed after step {resumedAt:N0}");
        }
    }

    public void Notice(string sentence)
    {
        Erase();
        Line($"[bold]note:[/] {Legible.Line(sentence).EscapeMarkup()}");
    }

    public void Step(TrainingStep step)
    {
        loss.Add(step.Loss);
        sum += step.Loss;
        if (++inPoint == perPoint)
        {
            curve.Add(sum / inPoint);
            (sum, inPoint) = (0, 0);
            if (curve.Count == 400)
            {
                for (var i = 0; i < 200; i++)
                {
                    curve[i] = (curve[2 * i] + curve[2 * i + 1]) / 2;
                }
                curve.RemoveRange(200, 200);
                perPoint *= 2;
            }
        }
        if (step.Elapsed - lastFrame >= frameTime)
        {
            lastFrame = step.Elapsed;
            if (step.Elapsed - lastSample >= sampleTime)
            {
                lastSample = step.Elapsed;
                var names = trainer.Snapshot().Generate(seed: step.Step, cancellation: cancellation);
                sample = string.Join("  ", names.Take(5));
            }
            Draw(step.Step, step.Elapsed);
        }
    }

    public void Validated(double loss) => validation = loss;

    public void Stopped(string? sentence)
    {
        Draw(trainer.Steps, Stopwatch.GetElapsedTime(start));
        drawn.Clear();
        if (sentence != null)
        {
            Line(Legible.Line(sentence).EscapeMarkup());
        }
    }

    public void Finished(string path, double? validationLoss, IEnumerable<string> remarks)
    {
        sample = "";
        validation = null; // the summary has it
        Draw(trainer.Steps, Stopwatch.GetElapsedTime(start));
        drawn.Clear();
        Line(LineReport.Summary(trainer, resumedAt, start, loss, validationLoss).EscapeMarkup());
        Line($"saved to [bold]{Legible.Line(path).EscapeMarkup()}[/]");
        foreach (var remark in remarks)
        {
            Line(Legible.Line(remark).EscapeMarkup());
        }
        Line("");
    }

    public void Sample(int number, string document) =>
        Console.Out.WriteLine($"sample {number,2}: {StandardOutput.OneLine(document)}");

    public void Remark(string sentence) => Line(sentence.EscapeMarkup());

    void Draw(int step, TimeSpan elapsed)
    {
        if (step == resumedAt)
        {
            return;
        }
        Erase();
        var width = AnsiConsole.Profile.Width - 1;
        var rate = (step - resumedAt) / Math.Max(elapsed.TotalSeconds, 1e-9);
        var left = TimeSpan.FromSeconds(Math.Min((steps - step) / rate, 1e8));
        var count = $" {step:N0} / {steps:N0}";
        var bar = Math.Clamp(width - count.Length, 0, 60);
        var full = (int)((long)bar * step / steps);
        Frame($"[green]{new string('━', full)}[/][dim]{new string('─', bar - full)}[/]{Columns.Fit(count, width)}");
        var validated = validation is double v ? $", {v:F3} validation" : "";
        Frame(Columns.Fit($"loss {loss.Mean:F3} smoothed, {loss.Last:F3} last{validated}; "
            + $"{rate:N0} steps/s, {Clock(left)} left", width).EscapeMarkup());
        if (width >= 40 && AnsiConsole.Profile.Height >= 16 && curve.Count > 1)
        {
            foreach (var line in Curve(Math.Min(72, width - 8)))
            {
                Frame(line);
            }
        }
        if (sample.Length > 0)
        {
            Frame($"[dim]it says[/] {Columns.Fit(StandardOutput.OneLine(sample), width - 8).EscapeMarkup()}");
        }
        Console.Out.Flush(); // a whole frame: no flicker, and no ^C in the middle
    }

    // The curve, scaled to its range, with a column for each part of the run, in eighths of a line.
    IEnumerable<string> Curve(int width)
    {
        var columns = Math.Min(width, curve.Count);
        var points = new double[columns];
        for (var x = 0; x < columns; x++)
        {
            var (from, to) = (x * curve.Count / columns, (x + 1) * curve.Count / columns);
            points[x] = curve.GetRange(from, to - from).Average();
        }
        var (low, high) = (points.Min(), points.Max());
        for (var y = CurveHeight - 1; y >= 0; y--)
        {
            var label = y == CurveHeight - 1 ? $"{high:F2}" : y == 0 ? $"{low:F2}" : "";
            var row = string.Concat(points.Select(p =>
            {
                var eighths = 1 + (high > low ? (p - low) / (high - low) : 0) * (CurveHeight * 8 - 1);
                return Blocks[Math.Clamp((int)Math.Round(eighths - 8 * y), 0, 8)];
            }));
            yield return $"[dim]{label,6}[/] [teal]{row.TrimEnd()}[/]";
        }
    }

    void Frame(string markup)
    {
        AnsiConsole.MarkupLine(markup);
        drawn.Add(Markup.Remove(markup));
    }

    void Erase()
    {
        if (drawn.Count > 0)
        {
            // In a window that became narrower, a line may now wrap.
            var width = Math.Max(1, AnsiConsole.Profile.Width);
            var lines = drawn.Sum(line => Columns.Lines(line, width));
            // To the left (of a possible ^C), up, and erase: all but the first line, then that. If the erasure started
            // in the first line of the screen, tmux would keep every frame in its history.
            Console.Out.Write($"\r\e[{lines - 1}A\e[J\e[1A\e[K");
        }
        drawn.Clear();
    }

    static void Line(string markup)
    {
        AnsiConsole.MarkupLine(markup);
        Console.Out.Flush();
    }

    static string Clock(TimeSpan time) => time.TotalHours >= 1
        ? $"{(int)time.TotalHours} h {time.Minutes} min" : $"{time.Minutes}:{time.Seconds:00}";
}
