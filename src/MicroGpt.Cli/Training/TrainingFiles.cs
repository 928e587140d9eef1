namespace MicroGpt.Cli;

/// <summary>The files that a run reads and writes.</summary>
/// <param name="Source">The data: a file, - for stdin, null for the built-in names.</param>
/// <param name="Model">Where the model is saved.</param>
/// <param name="Log">The log, if there is one.</param>
/// <param name="Best">Where the best model is kept, if one is.</param>
/// <param name="Fit">Where the trials of a fit are kept, if it is one.</param>
/// <param name="Start">The model whose parameters the run begins with, if there is one.</param>
sealed record TrainingFiles(
    string? Source, string Model, string? Log, string? Best, string? Fit, string? Start)
{
    /// <summary>The name of the data, for people.</summary>
    public string SourceName => Source switch { null => "the built-in names", "-" => "stdin", _ => Source };

    /// <summary>Refuses empty names, and files with two roles.</summary>
    /// <exception cref="UsageException">A name is empty, or a file has two roles.</exception>
    public void RequireDifferent()
    {
        if (Source is "")
        {
            throw new UsageException("FILE is empty: it names no file");
        }
        if (Model == "-")
        {
            throw new UsageException("--out -: a model is saved to a file, which needs a name");
        }
        if (Log == "-")
        {
            throw new UsageException("--log -: a log is written to a file, which needs a name");
        }
        (string Part, string Name, string? Path)[] files =
        [
            ("", "--start-from", Start),
            ($"{Source}: the text to learn from", "FILE itself", Source is "-" ? null : Source),
            ($"--out {Model}: the model would be saved to {Model}", "--out", Model),
            ($"--log {Log}: the log would be written to {Log}", "--log", Log),
            ($"--out {Model}: each save would first write {ModelFile.DraftOf(Model)}", "", ModelFile.DraftOf(Model)),
            ($"--val-every: the best model would be kept in {Best}", "", Best),
            ($"--val-every: each save of the best model would first write {Best}.saving", "",
                Best == null ? null : ModelFile.DraftOf(Best)),
            ($"--fit: the trials would be kept in {Fit}", "", Fit),
        ];
        foreach (var (i, (part, _, path)) in files.Index())
        {
            foreach (var (_, name, earlier) in files[..i])
            {
                if (path != null && earlier != null && FileIdentity.Same(path, earlier))
                {
                    throw new UsageException($"{part}, which is {name}");
                }
            }
        }
    }

    /// <summary>The documents.</summary>
    public Corpus Read(TextReading reading)
    {
        if (Source != null)
        {
            return InputFile.ReadText(Source, reading.Unit, reading.ChunkLength);
        }
        using var names = typeof(TrainingFiles).Assembly.GetManifestResourceStream("names.txt")!;
        return Corpus.Load(names, SourceName, reading.Unit, reading.ChunkLength);
    }
}
