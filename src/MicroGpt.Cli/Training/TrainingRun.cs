using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace MicroGpt.Cli;

/// <summary>A run, from its next step to its samples. However it ends, the model is saved.</summary>
sealed class TrainingRun(
    Trainer trainer, ModelFile model, StepLog? log, Validation validation, ITrainingReport report, Interrupt interrupt,
    TimeSpan saveEvery, Corpus? known = null)
{
    public const int ClosedPipe = 141; // 128 + SIGPIPE, as for any command whose reader closes the pipe early

    int? lastSaved = trainer.Steps > 0 ? trainer.Steps : null;
    long lastSave = Stopwatch.GetTimestamp();
    bool outputIsLost;

    static bool ReaderIsGone => StandardOutput.Failure is { IsClosedPipe: true };

    /// <returns>The exit code.</returns>
    public int Go(int samples, SamplingOptions drawing)
    {
        try
        {
            RestoreValidation();
            foreach (var step in trainer.Run(interrupt.Token))
            {
                After(step);
                if (step.Step < trainer.Options.Steps && (interrupt.ExitCode != 0 || ReaderIsGone))
                {
                    return Stop();
                }
            }
            Save();
            var loss = validation.Final(interrupt.Token);
            report.Finished(model.Path, loss, validation.Remarks(loss));
            Draw(samples, drawing);
            CountKnown(drawing);
            Console.Out.Flush();
            return LosesOutput() ? 1 : 0;
        }
        catch (OperationCanceledException)
        {
            return Stop();
        }
        catch (TrainingDivergedException e)
        {
            report.Stopped(null);
            throw new InvalidDataException($"the training diverged: {e.Message}; {model.Path} "
                + (lastSaved is int saved ? $"has the model of step {saved}" : "is unchanged"));
        }
        catch (IOException) when (lastSaved != trainer.Steps)
        {
            SaveModel(); // whatever else failed, still try to save the model
            throw;
        }
    }

    // Repeats an interrupted validation, so that the log is that of a run that never stopped.
    void RestoreValidation()
    {
        validation.Restore(log?.Earlier ?? [], interrupt.Token);
        if (validation.IsDue(trainer.Steps) && log?.LacksValidationOf(trainer.Steps) == true)
        {
            var loss = validation.Measure(interrupt.Token);
            log.Complete(loss);
            validation.Report(trainer.Steps, loss, report);
        }
    }

    void After(TrainingStep step)
    {
        double? loss = null;
        try
        {
            loss = validation.IsDue(step.Step) ? validation.Measure(interrupt.Token) : null;
        }
        finally
        {
            log?.Write(step, loss);
        }
        if (Stopwatch.GetElapsedTime(lastSave) >= saveEvery)
        {
            Save();
        }
        report.Step(step);
        if (loss is double measured)
        {
            validation.Report(step.Step, measured, report);
        }
        LosesOutput();
    }

    void Draw(int samples, SamplingOptions drawing)
    {
        var documents = validation.Best is Gpt best
            ? best.Generate(trainer.Options.Seed, drawing, interrupt.Token)
            : trainer.Snapshot().Generate(options: drawing, cancellation: interrupt.Token);
        foreach (var (i, document) in documents.Take(samples).Index())
        {
            if (StandardOutput.Failure != null)
            {
                return;
            }
            report.Sample(i + 1, document);
        }
    }

    // How much of what the model says it has learned by heart. Each sample has its own seed, since all cores draw.
    void CountKnown(SamplingOptions drawing)
    {
        const int samples = 1000;
        if (known is not { Reading.Unit: not DocumentUnit.Chunk } || StandardOutput.Failure != null)
        {
            return;
        }
        var (lines, model) = (known.ToHashSet(), validation.Best ?? trainer.Snapshot());
        try
        {
            var count = ParallelEnumerable.Range(0, samples).WithCancellation(interrupt.Token)
                .Count(i => lines.Contains(model.Generate(i, drawing, interrupt.Token).First()));
            report.Remark($"of {samples:N0} samples, {count:N0} are documents that it learned from");
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }

    int Stop()
    {
        Save();
        var (done, steps) = (trainer.Steps, trainer.Options.Steps);
        report.Stopped(done < steps
            ? $"stopped after step {done} of {steps}; saved to {model.Path}"
            : $"stopped after the last step, {steps}; saved to {model.Path}");
        if (interrupt.ExitCode == 0)
        {
            return ClosedPipe;
        }
        if (Console.IsOutputRedirected && !Console.IsErrorRedirected)
        {
            Console.Error.WriteLine(); // after a ^C
        }
        if (done < steps)
        {
            Console.Error.WriteLine($"to continue: {CommandLine.With("--resume")}");
        }
        return interrupt.ExitCode;
    }

    void Save()
    {
        log?.Flush();
        SaveModel();
    }

    void SaveModel()
    {
        if (lastSaved != trainer.Steps)
        {
            model.Save(trainer.Save);
        }
        (lastSaved, lastSave) = (trainer.Steps, Stopwatch.GetTimestamp());
    }

    // A full disk, for instance. If a terminal is gone, nobody is reading, so nothing is lost.
    bool LosesOutput()
    {
        if (StandardOutput.Failure is { IsClosedPipe: false } failure && Console.IsOutputRedirected && !outputIsLost)
        {
            outputIsLost = true;
            Complaint.Write($"{failure.Message}; the run continues without output, and will be saved");
        }
        return outputIsLost;
    }
}
