using System.Diagnostics;

namespace MicroGpt.Cli;

/// <summary>Plain lines, for a file or a program: after the first step, each tenth of the run, and every 10 s.</summary>
sealed class LineReport : ITrainingReport
{
    readonly Trainer trainer;
    readonly int resumedAt;
    readonly SmoothLoss loss = new();
    readonly long start = Stopwatch.GetTimestamp();
    TimeSpan lastLine;

    public LineReport(Corpus corpus, Trainer trainer)
    {
        (this.trainer, resumedAt) = (trainer, trainer.Steps);
        Console.Out.WriteLine($"num docs: {corpus.Count}");
        Console.Out.WriteLine($"vocab size: {trainer.Config.VocabSize}");
        Console.Out.WriteLine($"num params: {trainer.Config.ParameterCount}");
        if (resumedAt > 0)
        {
            Console.Out.WriteLine($"resumed after step {resumedAt}");
        }
        Console.Out.Flush();
    }

    public void Notice(string sentence) => Complaint.Note(sentence);

    public void Step(TrainingStep step)
    {
        loss.Add(step.Loss);
        var (steps, elapsed) = (trainer.Options.Steps, step.Elapsed);
        var tenth = (long)step.Step * 10 / steps != (step.Step - 1L) * 10 / steps;
        if (tenth || step.Step == resumedAt + 1 || elapsed - lastLine > TimeSpan.FromSeconds(10))
        {
            lastLine = elapsed;
            var number = $"{step.Step}".PadLeft(Math.Max(4, $"{steps}".Length));
            Console.Out.WriteLine($"step {number} / {steps,4} | loss {step.Loss:F4} | smoothed {loss.Mean:F4}");
            Console.Out.Flush();
        }
    }

    public void Validated(double loss)
    {
        Console.Out.WriteLine($"validation loss {loss:F4}");
        Console.Out.Flush();
    }

    public void Stopped(string? sentence)
    {
        if (sentence != null)
        {
            sentence = Legible.Line(sentence);
            Console.Out.WriteLine(Console.IsOutputRedirected ? sentence : '\n' + sentence); // where a ^C may stand
            Console.Out.Flush();
        }
    }

    public void Finished(string path, double? validationLoss, IEnumerable<string> remarks)
    {
        Console.Out.WriteLine(Summary(trainer, resumedAt, start, loss, validationLoss));
        Console.Out.WriteLine($"saved to {Legible.Line(path)}");
        foreach (var remark in remarks)
        {
            Console.Out.WriteLine(Legible.Line(remark));
        }
        Console.Out.Flush();
    }

    public void Sample(int number, string document) =>
        Console.Out.WriteLine($"sample {number,2}: {StandardOutput.OneLine(document)}");

    public void Remark(string sentence) => Console.Out.WriteLine(sentence);

    public static string Summary(Trainer trainer, int resumedAt, long start, SmoothLoss loss, double? validationLoss)
    {
        var (steps, seconds) = (trainer.Steps - resumedAt, Stopwatch.GetElapsedTime(start).TotalSeconds);
        var parameters = trainer.Config.ParameterCount;
        return steps == 0
            ? $"{parameters:N0} parameters; all {trainer.Steps:N0} steps were done before"
            : $"{parameters:N0} parameters, {Wording.Count(steps, "step")} in {seconds:F2} s, "
                + $"loss {loss.Last:F4}, smoothed {loss.Mean:F4}"
                + (validationLoss is double v ? $", validation {v:F4}" : "");
    }
}
