namespace MicroGpt.Cli;

/// <summary>
/// Validates the model: on some of the held-out documents during the run, on all of them at the end. Keeps the best model
/// on request.
/// </summary>
sealed class Validation
{
    const int Checks = 10, Documents = 500, FewPasses = 10;

    readonly Trainer trainer;
    readonly int every;
    readonly ModelFile? best;
    readonly Corpus learned;
    readonly Corpus? corpus;
    readonly Tokenizer tokenizer;
    readonly string[] some;
    double lowest = double.PositiveInfinity, bestLoss = double.PositiveInfinity;
    int lowestStep, risen, bestStep; // bestStep 0: no model is kept yet

    /// <param name="trainer">The run.</param>
    /// <param name="learned">The documents it learns from.</param>
    /// <param name="corpus">The held-out documents, if there are any.</param>
    /// <param name="tokenizer">The characters of both.</param>
    /// <param name="every">Steps between validations; by default, ten validations per run.</param>
    /// <param name="best">Where to keep the best model, if at all.</param>
    public Validation(
        Trainer trainer, Corpus learned, Corpus? corpus, Tokenizer tokenizer, int? every, ModelFile? best)
    {
        (this.learned, this.tokenizer) = (learned, tokenizer);
        (this.trainer, this.corpus, this.best) = (trainer, corpus, best);
        this.every = every ?? (trainer.Options.Steps + Checks - 1) / Checks;
        some = corpus is null ? [] : [.. corpus.Where((_, i) => i % (1 + (corpus.Count - 1) / Documents) == 0)];
    }

    /// <summary>Restores the state of a resumed run.</summary>
    /// <param name="earlier">The validation losses in its log.</param>
    /// <param name="cancellation">Stops validating what is not in the log.</param>
    public void Restore(IReadOnlyList<ValidationLoss> earlier, CancellationToken cancellation)
    {
        if (some.Length == 0 || trainer.Steps == 0)
        {
            return;
        }
        foreach (var (step, loss) in earlier)
        {
            Rises(step, loss);
        }
        if (lowestStep == 0)
        {
            Rises(trainer.Steps, Measure(cancellation)); // without a log, start from here
        }
        if (best?.OfThisRun(trainer) is Gpt kept)
        {
            (bestStep, bestLoss) = (kept.Provenance.Steps, kept.Evaluate(some, cancellation).Loss);
        }
    }

    /// <summary>A note if the model could memorize its documents and nothing would show it; else null.</summary>
    public string? Note
    {
        get
        {
            var passes = (double)trainer.Options.Steps * trainer.Options.BatchSize / learned.Count;
            return passes <= FewPasses || corpus != null ? null
                : $"the run passes each document {passes:N0} times and holds none out, so nothing will show whether the "
                    + "model learns or memorizes; --val 0.1 does";
        }
    }

    /// <summary>About the finished model: whether counting predicts better, and where the best model is.</summary>
    /// <param name="loss">The loss on all held-out documents, if there are any.</param>
    public IEnumerable<string> Remarks(double? loss)
    {
        if (loss is double ofModel)
        {
            yield return Comparison(ofModel);
        }
        if (bestStep > 0)
        {
            yield return $"best at step {bestStep:N0}, validation {bestLoss:F4}: {best!.Path}";
        }
    }

    /// <summary>The best model, if one is kept.</summary>
    public Gpt? Best => bestStep == 0 ? null : InputFile.ReadModel(best!.Path);

    /// <summary>Whether the model is validated after this step.</summary>
    public bool IsDue(int step) => some.Length > 0 && step > 0 && step % every == 0;

    /// <summary>The loss on some of the documents.</summary>
    public double Measure(CancellationToken cancellation) => trainer.Evaluate(some, cancellation).Loss;

    /// <summary>Reports the loss after a step, and keeps the model if it is the best so far.</summary>
    public void Report(int step, double loss, ITrainingReport report)
    {
        report.Validated(loss);
        if (best != null && loss < bestLoss)
        {
            best.Save(path => trainer.Snapshot().Save(path));
            (bestStep, bestLoss) = (step, loss);
        }
        if (Rises(step, loss) && risen == 2)
        {
            report.Notice($"the validation loss is rising, {loss:F2} after {lowest:F2} at step {lowestStep}: "
                + "the model overfits; train it for fewer steps, or on more documents"
                + (best == null ? "; --val-every keeps the best model" : ""));
        }
    }

    /// <summary>The loss on all the documents; null if there are none.</summary>
    public double? Final(CancellationToken cancellation) =>
        corpus is null ? null : trainer.Evaluate(corpus, cancellation).Loss;

    string Comparison(double loss)
    {
        var counts = NGrams.Count(learned, tokenizer);
        var counted = counts.Evaluate(corpus!, trainer.Config.BlockSize).Loss;
        var verdict = Math.Round(counted - loss, 4) switch
        {
            > 0 => "the model predicts better than counting",
            < 0 => "counting predicts better than the model",
            _ => "the model predicts as well as counting",
        };
        return $"{verdict}: validation {loss:F4}, and {counted:F4} for {Wording.NGrams(counts.Order)} "
            + "counted on the training documents";
    }

    bool Rises(int step, double loss)
    {
        if (loss < lowest)
        {
            (lowest, lowestStep, risen) = (loss, step, 0);
        }
        else if (loss > lowest + 0.02)
        {
            risen++;
            return true;
        }
        return false;
    }
}
