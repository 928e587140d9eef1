namespace MicroGpt.Cli;

/// <summary>The model that did best on the documents set aside, kept beside the one in training.</summary>
sealed class BestModel
{
    readonly Trainer trainer;
    readonly string path;
    int step; // 0: none is kept yet
    double loss = double.PositiveInfinity;

    /// <param name="path">Where it is kept.</param>
    /// <param name="trainer">The run.</param>
    /// <param name="corpus">What the run learns from.</param>
    /// <param name="validation">What it is looked at with.</param>
    public BestModel(string path, Trainer trainer, Corpus corpus, IEnumerable<string> validation)
    {
        (this.path, this.trainer) = (path, trainer);
        if (trainer.Steps > 0 && Earlier(path) is Gpt kept && IsOf(trainer.Options, corpus, kept)
            && kept.Provenance.Steps <= trainer.Steps)
        {
            (step, loss) = (kept.Provenance.Steps, kept.Evaluate(validation).Loss); // of this run, before it was resumed
        }
    }

    /// <summary>Beside the model: model.best.safetensors for model.safetensors.</summary>
    public static string PathFor(string path) => Path.ChangeExtension(path, ".best" + Path.GetExtension(path));

    /// <summary>
    /// Lets a run keep its best model where another is, if that can be made again; refuses for anything else.
    /// </summary>
    /// <returns>What to tell about a model that another run made; null if there is nothing to tell.</returns>
    /// <exception cref="IOException">It can't be kept there.</exception>
    /// <exception cref="InvalidDataException">There is an unfinished run, or no model.</exception>
    public static string? Replaceable(string path, TrainingOptions options, Corpus corpus)
    {
        if (Directory.Exists(path))
        {
            throw new IOException($"{path}: is a folder; --val-every keeps the best model there");
        }
        if (new FileInfo(path) is not { Exists: true, Length: > 0 })
        {
            return null;
        }
        var earlier = Earlier(path)
            ?? throw new InvalidDataException($"{path}: is no sound model; --val-every would replace it by the best one");
        if (earlier.Random != null && earlier.Provenance.Steps < earlier.Provenance.Options.Steps) // it could be resumed
        {
            throw new InvalidDataException($"{path}: is an unfinished run; --val-every would replace it");
        }
        return IsOf(options, corpus, earlier)
            ? null : $"{path} has a model of another run; the best of this run replaces it";
    }

    /// <summary>What to say of it at the end; null if none is kept.</summary>
    public string? Sentence => step == 0 ? null : $"best at step {step:N0}, validation {loss:F4}: {path}";

    /// <summary>It, if one is kept.</summary>
    public Gpt? Model => step == 0 ? null : InputFile.ReadModel(path);

    /// <summary>Keeps the model as it is now, if it does better than the one that is kept.</summary>
    public void Offer(int step, double loss)
    {
        if (!(loss < this.loss))
        {
            return;
        }
        try
        {
            trainer.Snapshot().Save(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{path}: can't be saved, and is as it was: {InputFile.Why(e)}");
        }
        (this.step, this.loss) = (step, loss);
    }

    static bool IsOf(TrainingOptions options, Corpus corpus, Gpt gpt) =>
        gpt.Provenance.Options == options && gpt.Provenance.CorpusSha256 == corpus.Sha256;

    static Gpt? Earlier(string path)
    {
        try
        {
            return File.Exists(path) ? Gpt.Load(path) : null;
        }
        catch (CheckpointException)
        {
            return null;
        }
    }
}
