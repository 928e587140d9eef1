using System.CommandLine;

namespace MicroGpt.Cli;

/// <summary>microgpt train: trains a model on a text file.</summary>
sealed class TrainCommand : Verb
{
    const int OfReference = 8; // the number of options that microgpt.cs has too; they come first

    // Of a rank that follows. It stays until the process ends: a signal may still be on its way when the rank leaves.
    static Interrupt? leftToTheFirst;

    readonly Ranks? ranks;
    readonly Argument<string?> file;
    readonly SettingOption[] settings = [.. TrainingOption.All.Select(setting => new SettingOption(setting))];
    readonly Option<string?> output, log, startFrom;
    readonly TimeOption fit;
    readonly WholeOption epochs, samples, threads, valEvery;
    readonly RealOption val, temperature, saveEvery;
    readonly WordOption<DocumentUnit> documents;
    readonly Flag resume, quiet;

    /// <param name="ranks">The processes that share the training, if MPI started several.</param>
    public TrainCommand(Ranks? ranks) : base(
        "train", "Trains a model on a text file, one document on each line.",
        "[FILE] [options]   FILE: - is stdin; none: built-in names",
        "microgpt train towns.txt --fit 30s --out towns.safetensors",
        "microgpt train novel.txt --documents chunks --block-size 64 --precision f32")
    {
        this.ranks = ranks;
        file = AddTo(this, new Argument<string?>("FILE") { Arity = ArgumentArity.ZeroOrOne });
        output = FileOption("--out", "the model (model.safetensors); unfinished runs are kept");
        fit = Add(new TimeOption("--fit", "finds size and length by trials, in TIME: 30s or 10m",
            TimeSpan.FromSeconds(1), TimeSpan.FromHours(1000)));
        Add(settings[0]);
        epochs = Add(Count("--epochs", "the same as times through the documents"));
        Array.ForEach(settings[1..OfReference], setting => Add(setting));
        val = Add(new RealOption("--val", "fraction of the documents held out for validation",
            part => part is >= 0 and < 1, "must be 0 or more, and below 1", 0));
        samples = Add(Count("--samples", "documents to draw at the end", 20, min: 0));
        temperature = Add(SampleCommand.TemperatureOption());
        log = FileOption("--log", "write a line of JSON for each step to FILE");
        resume = Add(new Flag("--resume", "resume from the last save, if there is one"));
        startFrom = FileOption("--start-from", "begin with the parameters of this model");
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
        var fitPath = fit.Given(parsed) == null ? null : FitJournal.Beside(path);
        var files = new TrainingFiles(
            parsed.GetValue(file), path, parsed.GetValue(log), bestPath, fitPath, parsed.GetValue(startFrom));
        files.RequireDifferent();
        RequireShareable(parsed, files);
        var journal = fitPath == null ? null : new FitJournal(fitPath);
        var began = Began(parsed, path, journal);
        var start = Start(parsed, began, path);
        var options = Settings(parsed, path, began, start);
        var reading = Reading(parsed, path, options, began, start);
        var crew = (int)(threads.Given(parsed) ?? 0);
        RequireMemory(options, vocabSize: 2, crew);
        if (ranks is { Rank: > 0 })
        {
            return Follow(parsed, files, options, reading, crew, began, start);
        }
        using var model = new ModelFile($"--out {path}", path);
        using var best = bestPath == null ? null : new ModelFile($"--val-every: {bestPath}", bestPath);

        var all = files.Read(reading);
        var tokenizer = Vocabulary(start, all, files.SourceName);
        (var corpus, var heldOut, options) = Split(all, reading, options, parsed, path, began);
        RequireMemory(options, tokenizer.VocabSize, crew);
        var notes = Notes(parsed, files, began, journal);
        notes.Add(began != null ? null : model.Replace(options, corpus, start));
        notes.Add(best?.Replace(options, corpus, start));
        using var interrupt = new Interrupt();
        StandardOutput.IgnoreFailures();
        if (journal != null && began == null)
        {
            var search = Search(parsed, options.Seed, journal, corpus, files.SourceName, tokenizer);
            if (new Fitting(search, corpus, journal, quiet.Of(parsed)).Plan(interrupt) is not TrainingOptions plan)
            {
                return interrupt.ExitCode != 0 ? interrupt.ExitCode : TrainingRun.ClosedPipe;
            }
            options = plan;
        }
        var trainer = began == null
            ? Begin(corpus, options, heldOut == null ? null : tokenizer, crew, start)
            : Resume(path, corpus, files.SourceName, began, crew);
        model.RequireSpace(trainer);
        using var steps = files.Log == null ? null : new StepLog(files.Log, trainer.Steps);

        ITrainingReport report = quiet.Of(parsed) ? new QuietReport()
            : StandardOutput.IsTerminal ? new TerminalReport(files.SourceName, all, trainer, interrupt.Token)
            : new LineReport(all, trainer);
        var validation = new Validation(trainer, corpus, heldOut, tokenizer, (int?)valEvery.Given(parsed), best);
        notes.Add(steps?.Note);
        notes.Add(began == null && journal == null ? validation.Note : null);
        var learnable = start == null ? tokenizer : new(all);
        notes.AddRange(DataNotes.Of(all, learnable, options.BlockSize, files.SourceName, heldOut != null));
        notes.OfType<string>().ToList().ForEach(report.Notice);
        var run = new TrainingRun(trainer, model, steps, validation, report, interrupt,
            TimeSpan.FromSeconds(Math.Min(saveEvery.Of(parsed), 1e9)), journal == null ? null : corpus);
        var code = run.Go((int)samples.Of(parsed), new() { Temperature = temperature.Of(parsed) });
        if (trainer.Steps == options.Steps)
        {
            journal?.Delete();
        }
        return code;
    }

    // What a rank other than the first does: it takes its share of each step, writes nothing, and leaves signals to the
    // first.
    int Follow(ParseResult parsed, TrainingFiles files, TrainingOptions options, TextReading reading, int crew,
        Provenance? began, Gpt? start)
    {
        leftToTheFirst = new();
        var all = files.Read(reading);
        var tokenizer = Vocabulary(start, all, files.SourceName);
        (var corpus, var heldOut, options) = Split(all, reading, options, parsed, files.Model, began);
        RequireMemory(options, tokenizer.VocabSize, crew);
        var trainer = began == null
            ? Begin(corpus, options, heldOut == null ? null : tokenizer, crew, start)
            : Resume(files.Model, corpus, files.SourceName, began, crew);
        foreach (var _ in trainer.Run())
        {
        }
        return 0;
    }

    // What several ranks can't share.
    void RequireShareable(ParseResult parsed, TrainingFiles files)
    {
        if (ranks is not { Count: > 1 })
        {
            return;
        }
        if (fit.Given(parsed) != null)
        {
            throw new UsageException($"--fit: makes its trials in one process, not on {ranks.Count} ranks");
        }
        if (files.Source == "-")
        {
            throw new UsageException("FILE -: only one rank has a stdin, and each reads the text; give a file");
        }
    }

    // What to know about this program and what is not used.
    List<string?> Notes(ParseResult parsed, TrainingFiles files, Provenance? began, FitJournal? journal) =>
    [
        Processor.HasUnusedVectors
            ? "this program was built without vectors, which the processor has: training takes many times as long; "
                + "publish it with -p:IlcInstructionSet=x86-64-v3 (or native)"
            : null,
        files.Source == null && StandardStream.HasInput()
            ? "stdin has data, which is ignored: without FILE, train uses the built-in names; FILE - reads stdin" : null,
        resume.Of(parsed) && began == null && journal?.CorpusSha256 == null
            ? $"--resume: there is no {files.Model} to resume; the run begins at step 1" : null,
    ];

    // The characters of the model that the run begins with, or of the text.
    static Tokenizer Vocabulary(Gpt? start, Corpus all, string source)
    {
        if (start != null)
        {
            InputFile.RequireKnown(start, all, source);
        }
        return start?.Tokenizer ?? new(all);
    }

    // The saved run that this one resumes, if any. While a fit has not saved its run yet, the file is an earlier model's.
    Provenance? Began(ParseResult parsed, string path, FitJournal? journal)
    {
        var saved = ModelFile.HasContent(path) && (resume.Of(parsed) || journal?.Plan != null)
            ? InputFile.ReadModel(path).Provenance : null;
        if (journal?.CorpusSha256 == null)
        {
            return resume.Of(parsed) ? saved : null;
        }
        var isOfFit = journal.Plan != null && journal.Plan == saved?.Options;
        if (!resume.Of(parsed) && !(isOfFit && saved!.Steps == saved.Options.Steps))
        {
            throw new InvalidDataException($"--fit: {journal.Path} has an unfinished fit, "
                + $"{Wording.Count(journal.Trials.Count, "trial")}; add --resume to continue it, or delete the file");
        }
        return resume.Of(parsed) && isOfFit ? saved : null;
    }

    // The search for the options of the run; a fit that was interrupted continues.
    PlanSearch Search(
        ParseResult parsed, long seed, FitJournal journal, Corpus corpus, string source, Tokenizer tokenizer)
    {
        if (corpus.Count < PlanSearch.MinDocuments)
        {
            throw new UsageException($"--fit: {source} has {Wording.Count(corpus.Count, "document")} to train on; "
                + $"to hold out a tenth takes at least {PlanSearch.MinDocuments}");
        }
        if (!resume.Of(parsed) || journal.CorpusSha256 == null)
        {
            journal.Begin(corpus);
        }
        if (journal.CorpusSha256 != corpus.Sha256)
        {
            throw new InvalidDataException($"--resume: the fit in {journal.Path} was of other documents than {source}, "
                + "or with another --val or --documents");
        }
        if (journal.Trials is [{ Options.Seed: var before }, ..] && before != seed)
        {
            throw Differs(journal.Path, "--seed", $"{before}", $"{seed}");
        }
        return new(corpus, fit.Given(parsed)!.Value, seed, tokenizer, (int)(threads.Given(parsed) ?? 0), journal.Trials);
    }

    // What a fit begins with; it finds the other options.
    TrainingOptions ToFit(ParseResult parsed, TimeSpan time)
    {
        var other = settings.FirstOrDefault(option =>
            option.Given(parsed) != null && option.Setting.Name != nameof(TrainingOptions.Seed));
        if (other != null || epochs.Given(parsed) != null)
        {
            throw new UsageException($"--fit: finds {other?.Name ?? epochs.Name} itself, so leave that out");
        }
        return new() { Precision = Precision.Float32, BlockSize = time < TimeSpan.FromMinutes(2) ? 64 : 128 };
    }

    // --epochs, in steps.
    TrainingOptions WithEpochs(
        TrainingOptions options, ParseResult parsed, Corpus corpus, string path, Provenance? began)
    {
        if (epochs.Given(parsed) is not long times)
        {
            return options;
        }
        if (settings[0].Given(parsed) != null)
        {
            throw new UsageException(
                $"{epochs.Name} and {settings[0].Name} both say how long to train: give one of them");
        }
        var steps = (times * corpus.Count + options.BatchSize - 1) / options.BatchSize;
        if (steps > int.MaxValue)
        {
            throw new UsageException($"{epochs.Name} {times}: would take {steps:N0} steps, more than {int.MaxValue:N0}");
        }
        var given = options with { Steps = (int)steps };
        RequireConsistent(given);
        return began == null || given == options ? given
            : throw Differs(path, settings[0].Name, $"{options.Steps}", $"{steps} ({epochs.Name} {times})");
    }

    // The model whose parameters the run begins with. A resumed run has begun already.
    Gpt? Start(ParseResult parsed, Provenance? began, string path)
    {
        if (parsed.GetValue(startFrom) is not string from)
        {
            return null;
        }
        if (fit.Given(parsed) != null)
        {
            throw new UsageException("--fit: finds the size of a new model; --start-from begins with that of another");
        }
        var start = InputFile.ReadModel(from);
        return began == null || began.StartSha256 == start.Parameters.Sha256() ? start
            : throw new UsageException($"--resume: the run in {path} did not start from {from}");
    }

    // The size and the arithmetic are those of the model that the run begins with.
    static TrainingOptions Like(Gpt start)
    {
        var (config, options) = (start.Config, start.Provenance.Options);
        return new()
        {
            NLayer = config.NLayer,
            NEmbd = config.NEmbd,
            NHead = config.NHead,
            BlockSize = config.BlockSize,
            Precision = options.Precision,
        };
    }

    static bool IsOfSize(TrainingOption option) => option.Name is nameof(TrainingOptions.NLayer)
        or nameof(TrainingOptions.NEmbd) or nameof(TrainingOptions.NHead) or nameof(TrainingOptions.BlockSize);

    // A resumed run keeps its options; any that are given must match.
    TrainingOptions Settings(ParseResult parsed, string path, Provenance? began, Gpt? start)
    {
        var options = began?.Options ?? (fit.Given(parsed) is TimeSpan time ? ToFit(parsed, time)
            : start == null ? new() : Like(start));
        foreach (var option in settings)
        {
            if (option.Given(parsed) is not string text)
            {
                continue;
            }
            var given = option.Setting.With(options, text);
            if (began == null && start != null && given != options && IsOfSize(option.Setting))
            {
                throw new UsageException($"{option.Name} {text}: the model in {parsed.GetValue(startFrom)} "
                    + $"has {option.Setting.Of(options)}, and --start-from begins with its parameters");
            }
            options = began == null || given == options
                ? given : throw Differs(path, option.Name, option.Setting.Of(options), option.Setting.Of(given));
        }
        RequireConsistent(epochs.Given(parsed) == null ? options : options with { Steps = int.MaxValue });
        RequireShares(options);
        if (options.Precision == Precision.Float64 && threads.Given(parsed) is > 1 and var many)
        {
            throw new UsageException($"--threads {many}: only --precision f32 uses more than one");
        }
        return options;
    }

    // The same for how the text is split.
    TextReading Reading(ParseResult parsed, string path, TrainingOptions options, Provenance? began, Gpt? start)
    {
        var before = began?.Reading ?? new();
        var isRecorded = before != new TextReading(); // files of version 1.0 lack it; there the data's hash decides
        var unit = documents.Given(parsed) ?? (began == null ? start?.Provenance.Reading.Unit : null) ?? before.Unit;
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

    static void RequireConsistent(TrainingOptions options)
    {
        if (TrainingOption.Contradiction(options, setting => setting.Flag) is string contradiction)
        {
            throw new UsageException(contradiction);
        }
    }

    // A step is divided among the ranks by documents; only the float32 engine can.
    void RequireShares(TrainingOptions options)
    {
        if (ranks is not { Count: > 1 and var count })
        {
            return;
        }
        if (options.Precision == Precision.Float64)
        {
            throw new UsageException($"--precision f64: {count} ranks need --precision f32");
        }
        if (options.BatchSize < count)
        {
            throw new UsageException($"--batch-size {options.BatchSize}: {count} ranks need at least {count} documents");
        }
    }

    static UsageException Differs(string path, string option, string before, string now) =>
        new($"--resume: the run in {path} has {option} {before}, not {now}");

    // The documents to learn from, those to validate on, and the options, whose --epochs are of the former.
    (Corpus Train, Corpus? HeldOut, TrainingOptions Options) Split(Corpus all, TextReading reading,
        TrainingOptions options, ParseResult parsed, string path, Provenance? began)
    {
        var (train, heldOut) = reading.ValidationFraction switch
        {
            0 => (all, null),
            var part when all.Count > 1 => all.Split(part, reading.ValidationSeed),
            var part => throw new UsageException($"--val {part}: one document can't be split"),
        };
        return (train, heldOut, WithEpochs(options, parsed, train, path, began));
    }

    Trainer Begin(Corpus corpus, TrainingOptions options, Tokenizer? tokenizer, int crew, Gpt? start)
    {
        try
        {
            return start == null
                ? new(corpus, options, tokenizer, crew, ranks)
                : Trainer.StartFrom(start, corpus, options, crew, ranks);
        }
        catch (ArgumentException e) // a matrix or a batch does not fit in an array
        {
            throw new UsageException($"--batch-size {options.BatchSize} --block-size {options.BlockSize}: {e.Message}");
        }
    }

    Trainer Resume(string path, Corpus corpus, string source, Provenance began, int crew) =>
        began.CorpusSha256 == corpus.Sha256
            ? Trainer.Resume(path, corpus, began.Options, crew, ranks)
            : throw new InvalidDataException($"--resume: the run in {path} was trained on other documents than "
                + $"{source}, or with another --val or --documents");

    void RequireMemory(TrainingOptions options, int vocabSize, int crew)
    {
        var needed = options.MemoryFor(vocabSize, crew, ranks?.Count ?? 1);
        var has = (double)GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
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
