namespace MicroGpt.Cli;

/// <summary>
/// The file where a run saves its model. It is reserved for this run and replaces no other kind of file. Each message
/// begins with the option that chose the path.
/// </summary>
sealed class ModelFile : IDisposable
{
    readonly string option;
    readonly FileLock hold;

    /// <summary>Reserves the file for this run.</summary>
    /// <param name="option">How a message begins.</param>
    /// <param name="path">The file; it need not exist yet.</param>
    /// <exception cref="IOException">It can't be written, or another run is writing it.</exception>
    public ModelFile(string option, string path)
    {
        (this.option, Path) = (option, path);
        OutputFile.RequirePlace(option, path);
        hold = FileLock.Take(path) ?? throw new IOException($"{option}: another run is writing this model");
        try
        {
            OutputFile.Write(option, () => Gpt.VerifyCanSave(path));
        }
        catch (IOException)
        {
            hold.Dispose();
            throw;
        }
    }

    /// <summary>Its name as given.</summary>
    public string Path { get; }

    /// <summary>The path of the best model, beside the last: model.best.safetensors beside model.safetensors.</summary>
    public static string BestBeside(string path) =>
        System.IO.Path.ChangeExtension(path, ".best" + System.IO.Path.GetExtension(path));

    /// <summary>The draft that <see cref="Gpt.Save(string, bool)"/> writes beside a model and then renames.</summary>
    public static string DraftOf(string path) => path + ".saving";

    /// <summary>Whether something is there to lose. A link's target counts, and it need not be there yet.</summary>
    public static bool HasContent(string path) => new FileInfo(FileIdentity.Real(path)) is { Exists: true, Length: > 0 };

    public void Dispose() => hold.Dispose();

    /// <summary>Lets a new run replace a finished model, which could be trained again; refuses anything else.</summary>
    /// <returns>A note on the model that will be replaced, if its data or options differ; else null.</returns>
    /// <exception cref="InvalidDataException">It is an unfinished run or not a model.</exception>
    public string? Replace(TrainingOptions options, Corpus corpus, Gpt? start = null)
    {
        const string otherwise = "give another name, or delete it";
        if (!HasContent(Path))
        {
            return null;
        }
        Gpt earlier;
        try
        {
            earlier = Gpt.Load(Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{option}: exists, but can't be read: {InputFile.Why(e)}");
        }
        catch (CheckpointException)
        {
            throw new InvalidDataException($"{option}: exists, but is not a valid model; {otherwise}");
        }
        var (same, steps) = (IsOf(options, corpus.Sha256, earlier), earlier.Provenance.Steps);
        same &= earlier.Provenance.StartSha256 == start?.Parameters.Sha256();
        if (earlier.CanResume)
        {
            var (whose, advice) = same
                ? ("", "add --resume to continue it, or delete it") : (" with other data or options", otherwise);
            throw new InvalidDataException($"{option}: has an unfinished run{whose}, "
                + $"{steps} of {earlier.Provenance.Options.Steps} steps; {advice}");
        }
        return same ? null : $"{Path} has the model of another run, {Wording.Count(steps, "step")}; this run replaces it";
    }

    /// <summary>The best model that a resumed run kept here earlier, if it did.</summary>
    public Gpt? OfThisRun(Trainer trainer)
    {
        try
        {
            return HasContent(Path) && Gpt.Load(Path) is var kept
                && IsOf(trainer.Options, trainer.Provenance.CorpusSha256, kept)
                && kept.Provenance.Steps <= trainer.Steps ? kept : null;
        }
        catch (CheckpointException)
        {
            return null;
        }
    }

    /// <exception cref="IOException">The disk has no room for the run's model.</exception>
    public void RequireSpace(Trainer trainer)
    {
        var ofNumber = trainer.Options.Precision == Precision.Float32 ? sizeof(float) : sizeof(double);
        var needed = 3L * ofNumber * trainer.Config.ParameterCount + (1 << 16); // parameters, two moments, header
        var free = new DriveInfo(System.IO.Path.GetDirectoryName(FileIdentity.Real(Path))!).AvailableFreeSpace;
        if (free < needed)
        {
            throw new IOException($"{option}: the disk has {free:N0} bytes left, the model needs {needed:N0}");
        }
    }

    /// <summary>Saves with <paramref name="save"/>, which gets the path.</summary>
    /// <exception cref="IOException">It can't be written; an existing file is unchanged.</exception>
    /// <exception cref="InvalidDataException">The model has numbers that can't be saved.</exception>
    public void Save(Action<string> save)
    {
        try
        {
            save(Path);
        }
        catch (CheckpointException e)
        {
            throw new InvalidDataException(
                $"{option}: can't be saved, and is unchanged: {e.Message}; a lower --learning-rate may help");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{option}: can't be saved, and is unchanged: {InputFile.Why(e)}");
        }
    }

    static bool IsOf(TrainingOptions options, string sha256, Gpt gpt) =>
        gpt.Provenance.Options == options && gpt.Provenance.CorpusSha256 == sha256;
}
