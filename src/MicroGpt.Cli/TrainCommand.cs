using System.CommandLine;

namespace MicroGpt.Cli;

/// <summary>microgpt train: trains a model on a text file.</summary>
sealed class TrainCommand : Verb
{
    const int OfReference = 8; // the number of options that microgpt.cs has too; they come first

    readonly Argument<string?> file;
    readonly SettingOption[] settings = [.. TrainingOption.All.Select(setting => new SettingOption(setting))];
    readonly Option<string?> output, log;
    readonly WholeOption samples, threads, valEvery;
    readonly RealOption val, temperature, saveEvery;
    readonly WordOption<DocumentUnit> documents;
    readonly Flag resume, quiet;

    public TrainCommand() : base(
        "train", "Trains a model on a text file, one document on each line.",
        "[FILE] [options]   FILE: - is stdin; none: built-in names",
        "microgpt train towns.txt --out towns.safetensors --val 0.1",
        "microgpt train novel.txt --documents chunks --block-size 64 --precision f32")
    {
        file = AddTo(this, new Argument<string?>("FILE") { Arity = ArgumentArity.ZeroOrOne });
        output = FileOption("--out", "the model (model.safetensors); unfinished runs are kept");
        Array.ForEach(settings[..OfReference], setting => Add(setting));
        val = Add(new RealOption("--val", "fraction of the documents held out for validation",
            part => part is >= 0 and < 1, "must be 0 or more, and below 1", 0));
        samples = Add(Count("--samples", "documents to draw at the end", 20, min: 0));
        temperature = Add(SampleCommand.TemperatureOption());
        log = FileOption("--log", "write a line of JSON for each step to FILE");
        resume = Add(new Flag("--resume", "resume from the last save, if there is one"));
        saveEvery = Add(new RealOption("--save-every", "seconds between saves",
            seconds => seconds > 0, "must be above 0", 60));
        quiet = Add(new Flag("--quiet", "print no progress, only the samples"));

        documents = DocumentsOption();
        threads = new("--threads", "threads for f32; same result (one per core)",
            1, 1024, "must be from 1 to 1024");
        valEvery = Count("--val-every", "steps between validations; keeps the best model");
        AddGroup("For running text and larger models:",
            [documents, .. settings[OfReference..], threads, valEvery]);
    }

    protected override int Run(ParseResult parsed)
    {
        var path = parsed.GetValue(output) ?? "model.safetensors";
        var bestPath = valEvery.Given(parsed) == null ? null : ModelFile.BestBeside(path);
        var files = new TrainingFiles(parsed.GetValue(file), path, parsed.GetValue(log), bestPath);
        files.RequireDifferent();
        var resumes = resume.Of(parsed) && ModelFile.HasContent(path);
        var began = resumes ? InputFile.ReadModel(path).Provenance : null;
        var options = Settings(parsed, path, began);
        var reading = Reading(parsed, path, options, began);
        var crew = (int)(threads.Given(parsed) ?? 0);
        RequireMemory(options, vocabSize: 2, crew);
        using var model = new ModelFile($"--out {path}", path);
        using var best = bestPath == null ? null : new ModelFile($"--val-every: {bestPath}", bestPath);

        var all = files.Read(reading);
        var tokenizer = new Tokenizer(all);
        RequireMemory(options, tokenizer.VocabSize, crew);
        var (corpus, heldOut) = Split(all, reading);
        var notes = new List<string?>
        {
            files.Source == null && StandardStream.HasInput()
                ? "stdin has data, which is ignored: without FILE, train uses the built-in names; FILE - reads stdin"
                : null,
            resume.Of(parsed) && !resumes ? $"--resume: there is no {path} to resume; the run begins at step 1" : null,
            resumes ? null : model.Replace(options, corpus),
            best?.Replace(options, corpus),
        };
        var trainer = began == null
            ? Begin(corpus, options, heldOut == null ? null : tokenizer, crew)
            : Resume(path, corpus, files.SourceName, began, crew);
        model.RequireSpace(trainer);
        using var interrupt = new Interrupt();
        using var steps = files.Log == null ? null : new StepLog(files.Log, trainer.Steps);

        StandardOutput.IgnoreFailures();
        ITrainingReport report = quiet.Of(parsed) ? new QuietReport()
            : StandardOutput.IsTerminal ? new TrainingView(files.SourceName, all, trainer, interrupt.Token)
            : new TrainingLines(all, trainer);
        notes.Add(steps?.Note);
        notes.AddRange(DataNotes.Of(all, tokenizer, options.BlockSize, files.SourceName, heldOut != null));
        notes.OfType<string>().ToList().ForEach(report.Notice);
        var validation = new Validation(trainer, heldOut, (int?)valEvery.Given(parsed), best);
        var run = new TrainingRun(trainer, model, steps, validation, report, interrupt,
            TimeSpan.FromSeconds(Math.Min(saveEvery.Of(parsed), 1e9)));
        return run.Go((int)samples.Of(parsed), new() { Temperature = temperature.Of(parsed) });
    }

    // A resumed run keeps its options; any that are given must match.
    TrainingOptions Settings(ParseResult parsed, string path, Provenance? began)
    {
        var options = began?.Options ?? new();
        foreach (var option in settings)
        {
            if (option.Given(parsed) is not string text)
            {
                continue;
            }
            var given = option.Setting.With(options, text);
            options = began == null || given == options
                ? given : throw Differs(path, option.Name, option.Setting.Of(options), option.Setting.Of(given));
        }
        if (TrainingOption.Contradiction(options, setting => setting.Flag) is string contradiction)
        {
            throw new UsageException(contradiction);
        }
        if (options.Precision == Precision.Float64 && threads.Given(parsed) is > 1 and var many)
        {
            throw new UsageException($"--threads {many}: only --precision f32 uses more than one");
        }
        return options;
    }

    // The same for how the text is split.
    TextReading Reading(ParseResult parsed, string path, TrainingOptions options, Provenance? began)
    {
        var before = began?.Reading ?? new();
        var isRecorded = before != new TextReading(); // files of version 1.0 lack it; there the data's hash decides
        var unit = parsed.GetResult(documents) == null ? before.Unit : documents.Of(parsed);
        var part = val.Given(parsed) ?? before.ValidationFraction;
        if (isRecorded && unit != before.Unit)
        {
            throw Differs(path, documents.Name, documents.WordOf(before.Unit), documents.WordOf(unit));
        }
        if (isRecorded && part != before.ValidationFraction)
        {
            throw Differs(path, val.Name, $"{before.ValidationFraction}", $"{part}");
        }
        if (valEvery.Given(parsed) is long every && part == 0)
        {
            throw new UsageException($"--val-every {every}: there is nothing to validate on without --val");
        }
        if (options.ChunkStarts == ChunkStarts.Moving && unit != DocumentUnit.Chunk)
        {
            throw new UsageException("--chunk-starts moving: there are no chunks without --documents chunks");
        }
        return new(unit, before.ChunkLength > 0 ? before.ChunkLength : options.BlockSize, part,
            before.ValidationFraction > 0 ? before.ValidationSeed : options.Seed);
    }

    static UsageException Differs(string path, string option, string before, string now) =>
        new($"--resume: the run in {path} has {option} {before}, not {now}");

    static (Corpus Train, Corpus? HeldOut) Split(Corpus all, TextReading reading) => reading.ValidationFraction switch
    {
        0 => (all, null),
        var part when all.Count > 1 => all.Split(part, reading.ValidationSeed),
        var part => throw new UsageException($"--val {part}: one document can't be split"),
    };

    static Trainer Begin(Corpus corpus, TrainingOptions options, Tokenizer? tokenizer, int crew)
    {
        try
        {
            return new(corpus, options, tokenizer, crew);
        }
        catch (ArgumentException e) // a matrix or a batch does not fit in an array
        {
            throw new UsageException($"--batch-size {options.BatchSize} --block-size {options.BlockSize}: {e.Message}");
        }
    }

    static Trainer Resume(string path, Corpus corpus, string source, Provenance began, int crew) =>
        began.CorpusSha256 == corpus.Sha256
            ? Trainer.Resume(path, corpus, began.Options, crew)
            : throw new InvalidDataException($"--resume: the run in {path} was trained on other documents than "
                + $"{source}, or with another --val or --documents");

    static void RequireMemory(TrainingOptions options, int vocabSize, int crew)
    {
        var (needed, has) =
            (options.MemoryFor(vocabSize, crew), (double)GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        if (needed > has)
        {
            throw new UsageException($"--n-layer {options.NLayer} --n-embd {options.NEmbd} --n-head {options.NHead} "
                + $"--block-size {options.BlockSize} --batch-size {options.BatchSize}: "
                + $"training would need {Gibibytes(needed)} of memory; "
                + $"{Gibibytes(has)} is available");
        }
    }

    static string Gibibytes(double bytes) => bytes < 1e24 ? $"{bytes / (1 << 30):N1} GiB" : $"{bytes / (1 << 30):E1} GiB";
}
