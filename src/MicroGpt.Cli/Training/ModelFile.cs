namespace MicroGpt.Cli;

/// <summary>
/// A file that a run saves its model in: no other run's meanwhile, and no other file's place. Each complaint begins with
/// the option that chose the path.
/// </summary>
sealed class ModelFile : IDisposable
{
    readonly string option;
    readonly FileLock hold;

    /// <summary>Takes the file for this run.</summary>
    /// <param name="option">How a complaint begins.</param>
    /// <param name="path">The file; it need not be there yet.</param>
    /// <exception cref="IOException">It can't be written, or another run is writing it.</exception>
    public ModelFile(string option, string path)
    {
        (this.option, Path) = (option, path);
        RequireFolder();
        hold = FileLock.Take(path) ?? throw new IOException($"{option}: another run is writing this model");
        try
        {
            Gpt.VerifyCanSave(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            hold.Dispose();
            throw new IOException($"{option}: can't be written: {InputFile.Why(e)}");
        }
    }

    /// <summary>Its name, as it was given.</summary>
    public string Path { get; }

    /// <summary>The best model's place beside the last: model.best.safetensors beside model.safetensors.</summary>
    public static string BestBeside(string path) =>
        System.IO.Path.ChangeExtension(path, ".best" + System.IO.Path.GetExtension(path));

    /// <summary>The draft that <see cref="Gpt.Save"/> writes beside a model, and then gives the model's name.</summary>
    public static string DraftOf(string path) => path + ".saving";

    /// <summary>Whether something is there to lose. A link's target counts, and it need not be there yet.</summary>
    public static bool HasContent(string path) => new FileInfo(FileName.Real(path)) is { Exists: true, Length: > 0 };

    public void Dispose() => hold.Dispose();

    /// <summary>Lets a new run replace a finished model, which could be made again; refuses anything else.</summary>
    /// <returns>What to tell about a model that another run made; null if there is nothing to tell.</returns>
    /// <exception cref="InvalidDataException">It is an unfinished run, or no model.</exception>
    public string? Replace(TrainingOptions options, Corpus corpus)
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
            throw new IOException($"{option}: is there, and can't be read: {InputFile.Why(e)}");
        }
        catch (CheckpointException)
        {
            throw new InvalidDataException($"{option}: is there, and is no sound model; {otherwise}");
        }
        var (same, steps) = (IsOf(options, corpus.Sha256, earlier), earlier.Provenance.Steps);
        if (earlier.CanResume)
        {
            var (whose, advice) = same
                ? ("", "add --resume to go on with it, or delete it") : (" of other data or options", otherwise);
            throw new InvalidDataException($"{option}: has an unfinished run{whose}, "
                + $"{steps} of {earlier.Provenance.Options.Steps} steps; {advice}");
        }
        return same ? null : $"{Path} has the model of another run, of {Say.Count(steps, "step")}; this run replaces it";
    }

    /// <summary>The model that a resumed run has kept here, if it has.</summary>
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
        var free = new DriveInfo(System.IO.Path.GetDirectoryName(FileName.Real(Path))!).AvailableFreeSpace;
        if (free < needed)
        {
            throw new IOException($"{option}: the disk has {free:N0} bytes left, the model needs {needed:N0}");
        }
    }

    /// <summary>Saves by <paramref name="save"/>, which gets the path.</summary>
    /// <exception cref="IOException">It can't be written; what was there is as it was.</exception>
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
                $"{option}: can't be saved, and is as it was: {e.Message}; a lower --learning-rate may help");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{option}: can't be saved, and is as it was: {InputFile.Why(e)}");
        }
    }

    static bool IsOf(TrainingOptions options, string sha256, Gpt gpt) =>
        gpt.Provenance.Options == options && gpt.Provenance.CorpusSha256 == sha256;

    void RequireFolder()
    {
        var full = System.IO.Path.GetFullPath(Path);
        var folder = System.IO.Path.GetDirectoryName(full);
        if (Directory.Exists(full) || folder == null)
        {
            throw new IOException($"{option}: is a folder");
        }
        if (!Directory.Exists(folder))
        {
            throw new IOException($"{option}: there is no folder {folder}");
        }
        if (FileName.IsDevice(full))
        {
            throw new IOException($"{option}: is no place for a model; the file would replace the device");
        }
    }
}
